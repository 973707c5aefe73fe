public import Models
import Monitoring

/// Several rounds of our collectives and those of peers, taken in turn so that all meet the same moods of the machine.
public struct CollectiveComparison: Sendable, Equatable {
  /// One operation of one size, as one side timed it.
  public struct Figure: Sendable, Equatable {
    /// Such as `all-gather`.
    public let operation: String
    /// Bytes of the whole tensor.
    public let byteCount: Int
    /// Microseconds of one operation.
    public let microseconds: Double

    /// The figures in all lines of `output` that begin with `RESULT `: JSON objects with `operation`, `bytes` and `us`.
    /// Messages name its `source`.
    ///
    /// - Throws: ``BenchmarkError`` for lines without these numbers, and when there is no line.
    public static func figures(in output: String, source: String) throws(BenchmarkError) -> [Figure] {
      var found: [Figure] = []
      func wrong(_ what: String) -> BenchmarkError {
        .otherForm(
          source: source, found: what, expected: #"RESULT {"operation": "all-gather", "bytes": 1024, "us": 1.5}"#)
      }
      for line in output.split(whereSeparator: \.isNewline) where line.hasPrefix(BenchmarkFigures.marker) {
        let json = Array(line.dropFirst(BenchmarkFigures.marker.count).utf8)
        guard
          let values = try? [String: ConfigurationValue](json: json, file: source),
          case .string(let operation) = values["operation"],
          let bytes = values["bytes"]?.asDouble, bytes >= 1, bytes < 1e15,
          let time = values["us"]?.asDouble, time > 0, time.isFinite
        else { throw wrong("'\(line.prefix(80))'") }
        found.append(Figure(operation: operation, byteCount: Int(bytes), microseconds: time))
      }
      guard !found.isEmpty else { throw wrong("no result") }
      return found
    }
  }

  private struct Key: Hashable {
    let operation: String
    let byteCount: Int
  }

  /// The sides, ours first.
  public let names: [String]
  /// What is compared, in our order.
  private var keys: [Key] = []
  /// For each side the microseconds of each round.
  private var times: [[Key: [Double]]]

  /// No rounds yet.
  public init(names: [String]) {
    self.names = names
    times = names.map { _ in [:] }
  }

  /// Adds what one side, an index of ``names``, measured in one round.
  public mutating func append(_ figures: [Figure], side: Int) {
    for figure in figures {
      let key = Key(operation: figure.operation, byteCount: figure.byteCount)
      if side == 0, !keys.contains(key) { keys.append(key) }
      times[side][key, default: []].append(figure.microseconds)
    }
  }

  /// The median over the rounds of one side; nil where it measured nothing.
  public func median(operation: String, byteCount: Int, side: Int) -> Double? {
    guard let sorted = times[side][Key(operation: operation, byteCount: byteCount)]?.sorted(), !sorted.isEmpty else {
      return nil
    }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// A row for each operation and size: medians, and the time of the best peer over ours.
  public var table: String {
    var table = TextTable(
      [.init("operation"), .init("bytes", .right)] + names.map { .init($0 + " us", .right) }
        + [.init("best peer / ours", .right)])
    for key in keys {
      let medians = names.indices.map { median(operation: key.operation, byteCount: key.byteCount, side: $0) }
      let best = medians.dropFirst().compactMap { $0 }.min()
      let ratio = medians[0].flatMap { ours in best.map { NumberText.fixed($0 / ours, 2) } } ?? "-"
      table.append(
        [key.operation, "\(key.byteCount)"] + medians.map { $0.map { NumberText.fixed($0, 1) } ?? "-" } + [ratio])
    }
    return table.rendered()
  }

  /// The same as JSON, with the microseconds of every round.
  public var json: [String: ConfigurationValue] {
    [
      "sides": .array(names.map { .string($0) }),
      "measurements": .array(
        keys.map { key in
          .object([
            "operation": .string(key.operation), "bytes": .integer(key.byteCount),
            "us": .array(times.map { .array(($0[key] ?? []).map { .number($0) }) }),
          ])
        }),
    ]
  }
}
