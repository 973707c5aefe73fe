import Monitoring
public import RunSettings

/// The lines that an engine or a run has for the user: on rank 0, from a level on (`log_level`).
public struct RunLog {
  /// Less severe lines are dropped; nil drops all, as on ranks other than 0.
  public var level: LogLevel?
  /// Receives each line, without its end.
  public var write: (String) -> Void

  /// A log that writes to standard error, or with `write`.
  public init(level: LogLevel?, write: ((String) -> Void)? = nil) {
    self.level = level
    self.write = write ?? { ProgressBar.writeToStandardError($0 + "\n") }
  }

  /// True when lines of `level` are written.
  public func shows(_ level: LogLevel) -> Bool { self.level.map { level >= $0 } ?? false }

  /// Writes a line that only somebody who looks for a fault wants to see.
  public func debug(_ text: @autoclosure () -> String) { line(.debug, text) }

  /// Writes a line about the progress.
  public func info(_ text: @autoclosure () -> String) { line(.info, text) }

  /// Writes a line about something that is likely not meant.
  public func warning(_ text: @autoclosure () -> String) { line(.warning) { "warning: \(text())" } }

  private func line(_ level: LogLevel, _ text: () -> String) {
    if shows(level) { write(text()) }
  }
}
