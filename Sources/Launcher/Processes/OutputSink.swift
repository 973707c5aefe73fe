import Glibc

/// Which of the two streams a line belongs to.
public enum OutputStream: Sendable, Equatable {
  /// File descriptor 1: results.
  case standardOutput
  /// File descriptor 2: errors, notices, progress.
  case standardError
}

/// Where the output of ranks and the launcher's own words go.
public struct OutputSink: Sendable {
  /// Whether a person watches on a terminal, where a rank may redraw a line in place.
  public let isTerminal: Bool
  /// The width of that terminal in columns.
  public let terminalWidth: Int
  private let body: @Sendable (OutputStream, [UInt8]) -> Void

  /// A sink that hands bytes to a closure, in the order of arrival.
  public init(
    isTerminal: Bool = false, terminalWidth: Int = 80,
    _ body: @escaping @Sendable (OutputStream, [UInt8]) -> Void
  ) {
    self.isTerminal = isTerminal
    self.terminalWidth = terminalWidth
    self.body = body
  }

  /// The standard output and standard error of this process.
  public static func standard() -> OutputSink {
    var size = winsize()
    let isTerminal = isatty(1) == 1 && isatty(2) == 1
    let width =
      isTerminal && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    return OutputSink(isTerminal: isTerminal, terminalWidth: width) { stream, bytes in
      TextFile.writeAll(bytes, to: stream == .standardOutput ? 1 : 2)
    }
  }

  /// Hands on some bytes.
  public func write(_ bytes: [UInt8], to stream: OutputStream) { body(stream, bytes) }

  /// Hands on a line of text.
  public func write(line: String, to stream: OutputStream = .standardError) {
    body(stream, Array((line + "\n").utf8))
  }
}

/// The launcher's own notices, filtered by level.
public struct LaunchLog: Sendable {
  /// How much the launcher itself says; errors of ranks are always shown.
  public enum Level: String, Sendable, CaseIterable, Comparable {
    /// Least to most severe; a level shows its own notices and those of all after it.
    case trace, debug, info, warning, error, critical

    /// Whether `left` is less severe than `right`.
    public static func < (left: Level, right: Level) -> Bool {
      let all = Level.allCases
      return all.firstIndex(of: left)! < all.firstIndex(of: right)!
    }
  }

  let level: Level
  let sink: OutputSink

  /// A log that shows notices of `level` and above.
  public init(level: Level, sink: OutputSink) {
    self.level = level
    self.sink = sink
  }

  func note(_ level: Level, _ message: String) {
    if level >= self.level { sink.write(line: "deepspeed: \(message)") }
  }
}
