/// Sizes as people write them: `KB`, `MB` and `GB` in thousands, `K`, `M` and `G` in steps of 1024.
enum ByteSize {
  static func parse(_ text: String, option: String) throws -> Int {
    let units: [(String, Int)] = [
      ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30),
    ]
    let upper = text.uppercased()
    let unit = units.first { upper.hasSuffix($0.0) } ?? ("", 1)
    guard let value = Double(upper.dropLast(unit.0.count)), value > 0, value * Double(unit.1) < 1e18 else {
      throw CommandFailure(message: "\(option) is \(text), expected a size such as 500MB or 5GB")
    }
    return Int(value * Double(unit.1))
  }
}
