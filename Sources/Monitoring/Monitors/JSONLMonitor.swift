/// Keeps all values in one file, a JSON object a line: `{"name":..,"value":..,"step":..,"time":..}`.
///
/// Numbers that JSON does not have are strings: `"NaN"`, `"Infinity"`, `"-Infinity"`.
public final class JSONLMonitor: Monitor {
  private let file: OutputFile
  private let clock: any WallClock

  /// A monitor that appends to `path`.
  /// - Parameters:
  ///   - path: the file; it and the folders above it are created where needed.
  ///   - clock: the time written with each value.
  /// - Throws: ``MonitorError``.
  public init(path: String, clock: any WallClock = SystemWallClock()) throws(MonitorError) {
    file = try OutputFile(path: path)
    self.clock = clock
  }

  /// Appends one line per value.
  public func write(_ events: [MonitorEvent]) throws(MonitorError) {
    let time = clock.secondsSince1970()
    let lines = events.map { event in
      "{\"name\":\(Self.quoted(event.name)),\"value\":\(Self.number(event.value)),\"step\":\(event.step),"
        + "\"time\":\(time)}\n"
    }
    try file.append(lines.joined())
  }

  /// Does nothing: every line is handed on as it is written.
  public func flush() {}

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
    return "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
