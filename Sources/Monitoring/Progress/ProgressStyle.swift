import Glibc

/// How a progress bar is drawn.
public struct ProgressStyle: Sendable, Equatable {
  /// The width of the line in columns; nil for plain lines, one below the other.
  public var width: Int?
  /// Whether block characters may be used.
  public var usesUnicode: Bool

  /// A style.
  public init(width: Int?, usesUnicode: Bool) {
    self.width = width
    self.usesUnicode = usesUnicode
  }

  /// The style for a stream of this process: in place on a terminal, or through a launcher that watches one;
  /// plain lines otherwise.
  /// - Parameters:
  ///   - descriptor: the stream.
  ///   - environment: read for the launcher's terminal, the locale, and `TERM`, where `dumb` means lines.
  public static func detected(descriptor: Int32 = 2, environment: [String: String]) -> ProgressStyle {
    let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
    let usesUnicode = locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
    if environment["TERM"] == "dumb" { return ProgressStyle(width: nil, usesUnicode: usesUnicode) }
    if let text = environment["DEEPSPEED_TERMINAL_WIDTH"], let width = Int(text), width > 0 {
      return ProgressStyle(width: width, usesUnicode: usesUnicode)
    }
    var size = winsize()
    guard isatty(descriptor) == 1 else { return ProgressStyle(width: nil, usesUnicode: usesUnicode) }
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return ProgressStyle(width: isKnown ? Int(size.ws_col) : 80, usesUnicode: usesUnicode)
  }
}
