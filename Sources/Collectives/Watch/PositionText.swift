internal import Torch

/// How a rank's positions stand in the store: one line a group, fields between unit separators.
enum PositionText {
  private static let field: Character = "\u{1F}"
  private static let line: Character = "\u{1E}"

  /// The positions in every group, after the number of the question that they answer.
  static func encode(_ positions: [(group: String, state: RankPosition.State)], answer: Int) -> String {
    var lines = ["\(answer)"]
    for (group, state) in positions {
      switch state {
      case .inOperation(let record): lines.append(fields(group, "in", record))
      case .after(let record?): lines.append(fields(group, "after", record))
      case .after(nil), .silent: lines.append("\(group)\(field)none")
      }
    }
    return lines.joined(separator: "\(line)")
  }

  /// The number of the question that a text answers.
  static func answer(in text: String) -> Int {
    Int(text.prefix { $0 != line }) ?? 0
  }

  /// The position in one group, nil when the text has none.
  static func decode(_ text: String, group: String) -> RankPosition.State? {
    for entry in text.split(separator: line).dropFirst() {
      let parts = entry.split(separator: field, omittingEmptySubsequences: false).map(String.init)
      guard parts.first == group, parts.count >= 2 else { continue }
      if parts[1] == "none" { return .after(nil) }
      guard let record = record(parts) else { return nil }
      return parts[1] == "in" ? .inOperation(record) : .after(record)
    }
    return nil
  }

  private static func fields(_ group: String, _ state: String, _ record: CollectiveRecord) -> String {
    let separators: Set<Character> = [field, line]
    let parts: [String] = [
      group, state, "\(record.sequence)", record.operation.rawValue, "\(record.byteCount)",
      "\(record.dtype?.rawValue ?? -1)", "\(record.peer ?? -1)",
      String(record.label.filter { !separators.contains($0) }),
    ]
    return parts.joined(separator: "\(field)")
  }

  private static func record(_ parts: [String]) -> CollectiveRecord? {
    guard parts.count == 8, let sequence = Int(parts[2]),
      let operation = CollectiveOperation(rawValue: parts[3]),
      let byteCount = Int(parts[4]), let dtype = Int32(parts[5]), let peer = Int(parts[6])
    else { return nil }
    return CollectiveRecord(
      group: parts[0], sequence: sequence, operation: operation, byteCount: byteCount,
      dtype: DType(rawValue: dtype), label: parts[7], peer: peer < 0 ? nil : peer)
  }
}
