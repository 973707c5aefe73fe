import Glibc

/// Shows the progress of a run: one line redrawn in place on a terminal, plain lines now and then elsewhere.
public struct ProgressBar: ~Copyable {
  /// The time between two drawings on a terminal.
  public static let redrawInterval = Duration.milliseconds(100)
  /// The time between two plain lines.
  public static let lineInterval = Duration.seconds(5)
  private static let eraseToEnd = "\u{1B}[K"

  private let style: ProgressStyle
  private let write: (String) -> Void
  private var lastShown: Duration?
  private var isLineOpen = false

  /// A bar that draws with `write`, by default to standard error.
  /// - Parameters:
  ///   - style: how to draw.
  ///   - write: gets each text to show, line ends included.
  public init(
    style: ProgressStyle,
    write: @escaping (String) -> Void = { text in ProgressBar.writeToStandardError(text) }
  ) {
    self.style = style
    self.write = write
  }

  /// Shows a state, unless one was shown just before; the first and the last step are always shown.
  public mutating func update(_ state: ProgressState) {
    let isLast = state.isLast
    let interval = style.width == nil ? Self.lineInterval : Self.redrawInterval
    if let lastShown, !isLast, state.elapsed - lastShown < interval { return }
    lastShown = state.elapsed
    let line = state.line(style)
    if style.width == nil || isLast {
      write(line + (style.width == nil ? "" : Self.eraseToEnd) + "\n")
      isLineOpen = false
    } else {
      // The carriage return comes last, so that a launcher that passes on whole records sees the end of it.
      write(line + Self.eraseToEnd + "\r")
      isLineOpen = true
    }
  }

  /// Writes a line of text above the bar; the next update draws the bar again.
  public mutating func note(_ text: String) {
    write((isLineOpen ? Self.eraseToEnd : "") + text + "\n")
    lineIsGone()
  }

  /// Clears the bar's line for a line that somebody else writes; the next update draws the bar again.
  public mutating func makeRoom() {
    if isLineOpen { write(Self.eraseToEnd) }
    lineIsGone()
  }

  private mutating func lineIsGone() {
    isLineOpen = false
    if style.width != nil { lastShown = nil }
  }

  /// Leaves the line of a bar that did not reach its end.
  public mutating func close() {
    if isLineOpen { write("\n") }
    isLineOpen = false
  }

  /// Writes a text to standard error at once.
  public static func writeToStandardError(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress!, $0.count) }
      if count < 0, errno != EINTR { return }
      if count > 0 { bytes = bytes.dropFirst(count) }
    }
  }
}
