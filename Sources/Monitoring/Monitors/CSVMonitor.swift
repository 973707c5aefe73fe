/// Keeps each value in a CSV file of its own: `FOLDER/JOB/NAME.csv`, where slashes and spaces of the name
/// become underscores. The header is `step,` and the last part of the name; a later run appends.
public final class CSVMonitor: Monitor {
  private let folder: String
  private var files: [String: OutputFile] = [:]

  /// A monitor that writes below `outputPath`.
  /// - Parameters:
  ///   - outputPath: the folder; empty for the current one. Folders are created with the first value.
  ///   - jobName: the name of the folder in it.
  public init(outputPath: String = "", jobName: String = "DeepSpeedJobName") {
    folder = outputPath.isEmpty ? jobName : "\(outputPath)/\(jobName)"
  }

  /// Appends one line per value.
  public func write(_ events: [MonitorEvent]) throws(MonitorError) {
    for event in events { try file(for: event.name).append("\(event.step),\(event.value)\n") }
  }

  /// Does nothing: every line is handed on as it is written.
  public func flush() {}

  private func file(for name: String) throws(MonitorError) -> OutputFile {
    if let file = files[name] { return file }
    let fileName = String(name.map { $0 == "/" || $0 == " " ? "_" : $0 })
    let file = try OutputFile(path: "\(folder)/\(fileName).csv")
    let column = name.split(separator: "/").last ?? "value"
    if file.isEmpty { try file.append("step,\(column)\n") }
    files[name] = file
    return file
  }
}
