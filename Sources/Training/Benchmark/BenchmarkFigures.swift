public import Models

/// What one run of a training benchmark printed about itself: ours, or that of a peer's script which prints
/// the same line.
public struct BenchmarkFigures: Sendable, Equatable {
  /// What stands before the JSON object in the line.
  public static let marker = "RESULT "

  /// Tokens a second over all ranks, at the median step.
  public var tokensPerSecond: Double
  /// The largest peak of a rank's resident memory, in MiB.
  public var peakMebibytes: Double
  /// Seconds from launch to the end of the first step.
  public var firstStepSeconds: Double
  /// Model FLOPs utilisation against the measured matrix-product peak; nil where a peer does not measure it.
  public var utilization: Double?

  /// Figures that were measured.
  public init(
    tokensPerSecond: Double, peakMebibytes: Double, firstStepSeconds: Double, utilization: Double? = nil
  ) {
    self.tokensPerSecond = tokensPerSecond
    self.peakMebibytes = peakMebibytes
    self.firstStepSeconds = firstStepSeconds
    self.utilization = utilization
  }

  /// A line of figures as ``init(output:source:)`` reads it.
  ///
  /// - Throws: an encoding error for numbers that JSON cannot express.
  public static func line(_ values: [String: ConfigurationValue]) throws -> String {
    marker + (try values.jsonText().split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " "))
  }

  /// The figures in the last line of `output` that begins with ``marker``: `tok_s`, `rss_mb` (one number a
  /// rank), `first_step_s`, and `mfu` where it is known. Messages name its `source`.
  ///
  /// - Throws: ``BenchmarkError``.
  public init(output: String, source: String) throws(BenchmarkError) {
    guard let line = output.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix(Self.marker) })
    else {
      throw .noResult(source: source)
    }
    guard
      let values = try? [String: ConfigurationValue](
        json: Array(line.dropFirst(Self.marker.count).utf8), file: source)
    else { throw .unreadable(source: source, line: String(line)) }
    func positive(_ key: String) throws(BenchmarkError) -> Double {
      guard let value = values[key]?.asDouble, value > 0, value.isFinite else {
        throw .badFigure(source: source, key: key, found: values[key]?.summary)
      }
      return value
    }
    guard case .array(let ranks) = values["rss_mb"], let peak = ranks.compactMap(\.asDouble).max(), peak > 0
    else {
      throw .badFigure(source: source, key: "rss_mb", found: values["rss_mb"]?.summary)
    }
    self.init(
      tokensPerSecond: try positive("tok_s"), peakMebibytes: peak,
      firstStepSeconds: try positive("first_step_s"),
      utilization: values["mfu"]?.asDouble)
  }
}

/// What is wrong with what a benchmark printed.
public enum BenchmarkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It printed no line of figures.
  case noResult(source: String)
  /// The line is not a JSON object.
  case unreadable(source: String, line: String)
  /// A figure is missing or impossible.
  case badFigure(source: String, key: String, found: String?)
  /// A line is not of the form that a benchmark needs, or is missing.
  case otherForm(source: String, found: String, expected: String)

  /// One line: what, where, what to do.
  public var description: String {
    let form = "RESULT {\"tok_s\": 1.5, \"rss_mb\": [1.5], \"first_step_s\": 1.5}"
    return switch self {
    case .otherForm(let source, let found, let expected):
      "\(source) printed \(found); expected a line such as \(expected)"
    case .noResult(let source): "\(source) printed no result; expected a line such as \(form)"
    case .unreadable(let source, let line):
      "\(source) printed '\(line.prefix(80))', which is no JSON object; expected a line such as \(form)"
    case .badFigure(let source, let key, let found):
      "\(source) printed \(found ?? "nothing") as \"\(key)\", expected "
        + (key == "rss_mb" ? "an array with a positive number for each rank" : "a positive number")
    }
  }
}
