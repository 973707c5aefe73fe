import Glibc

/// Keeps values in an event file that TensorBoard reads: `FOLDER/JOB/events.out.tfevents.TIME.HOST.PID`.
public final class TensorBoardWriter: Monitor {
  /// The event file.
  public let path: String
  private let file: OutputFile
  private let clock: any WallClock

  /// A writer with a new event file.
  /// - Parameters:
  ///   - outputPath: the folder; empty for the current one. It is created where needed.
  ///   - jobName: the name of the folder in it, which TensorBoard shows as the run.
  ///   - clock: the time written with each value.
  /// - Throws: ``MonitorError``.
  public init(
    outputPath: String = "", jobName: String = "DeepSpeedJobName", clock: any WallClock = SystemWallClock()
  ) throws(MonitorError) {
    let folder = outputPath.isEmpty ? jobName : "\(outputPath)/\(jobName)"
    let time = clock.secondsSince1970()
    path = "\(folder)/events.out.tfevents.\(Int(time)).\(Self.hostName()).\(getpid())"
    file = try OutputFile(path: path)
    self.clock = clock
    if file.isEmpty { try file.append(EventRecord.fileVersion(time: time)) }
  }

  /// Appends one record per value, in one write, so that a reader never waits for half of one for long.
  public func write(_ events: [MonitorEvent]) throws(MonitorError) {
    let time = clock.secondsSince1970()
    let records = events.flatMap {
      EventRecord.scalar(name: $0.name, value: Float($0.value), step: $0.step, time: time)
    }
    if !records.isEmpty { try file.append(records) }
  }

  /// Does nothing: every record is handed on as it is written.
  public func flush() {}

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
