/// The rows of a loss table.
struct LossRows {
  struct Malformed: Error { let text: String }

  let header: String
  /// One array of cells a step.
  let cells: [[String]]

  init(path: String) throws {
    let lines = try TestFile.text(path).split(whereSeparator: \.isNewline).map(String.init)
    guard let first = lines.first else { throw Malformed(text: path) }
    header = first
    cells = lines.dropFirst().map { $0.split(separator: ",").map(String.init) }
  }

  var steps: [Int] { cells.compactMap { $0.first.flatMap(Int.init) } }
  var losses: [Double] { cells.compactMap { $0.count > 1 ? Double($0[1]) : nil } }

  /// All that a step determines, that is all but the speed.
  var exact: [[String]] { cells.map { Array($0[..<5] + $0[6...]) } }
}
