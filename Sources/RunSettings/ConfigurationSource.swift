import Glibc

/// Where a configuration text comes from.
public enum ConfigurationSource: Sendable {
  /// A JSON file, read when the plan is made.
  case file(path: String)
  /// The text itself.
  case text(String)
  /// The text in base64 with the URL alphabet, as launchers pass it through command lines.
  case base64(String)

  /// What a command-line argument stands for: an existing file, else JSON text, else base64.
  /// - Throws: `ConfigurationError` when it is none of the three.
  public init(argument: String) throws(ConfigurationError) {
    let trimmed = argument.drop { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
    if let first = trimmed.first, "{#/".contains(first), argument.contains("{"), !Self.exists(argument) {
      self = .text(argument)
    } else if Self.exists(argument) {
      self = .file(path: argument)
    } else if let bytes = Base64.decoded(argument), bytes.contains(UInt8(ascii: "{")) {
      self = .base64(argument)
    } else {
      let shown = argument.count > 80 ? argument.prefix(77) + "..." : argument[...]
      throw ConfigurationError(
        ConfigurationProblem(
          kind: .unreadable, file: String(shown), found: "no such file",
          expected: "the path of an existing file, JSON text that starts with '{', or base64 of such text"))
    }
  }

  /// The parsed text.
  /// - Throws: `ConfigurationError` when it cannot be read or is not JSON.
  func document() throws(ConfigurationError) -> JSONDocument {
    switch self {
    case .file(let path): return try JSONDocument(parsing: Self.contents(of: path), file: path)
    case .text(let text): return try JSONDocument(parsing: text, file: "inline configuration")
    case .base64(let text):
      guard let bytes = Base64.decoded(text) else {
        throw ConfigurationError(
          ConfigurationProblem(
            kind: .unreadable, file: "base64 configuration", found: "text that is not base64",
            expected: "letters, digits, '-', '_' and '='"))
      }
      return try JSONDocument(parsing: bytes, file: "base64 configuration")
    }
  }

  private static func exists(_ path: String) -> Bool {
    !path.isEmpty && path.utf8.count < Int(PATH_MAX) && access(path, F_OK) == 0
  }

  private static func contents(of path: String) throws(ConfigurationError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= JSONDocument.byteLimit {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw unreadable(path, errno)
      }
      bytes += chunk[..<count]
    }
    return bytes
  }

  private static func unreadable(_ path: String, _ code: Int32) -> ConfigurationError {
    ConfigurationError(
      ConfigurationProblem(
        kind: .unreadable, file: path, found: String(cString: strerror(code)),
        expected: "a readable configuration file"))
  }
}

/// Base64 in both alphabets, the URL one and the ordinary one.
enum Base64 {
  /// The bytes that `text` encodes, nil when it is not base64. Padding may be missing.
  static func decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bitCount = 0
    var symbolCount = 0
    let body = text.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    var padding = 0
    for symbol in body {
      if symbol == UInt8(ascii: "\n") || symbol == UInt8(ascii: "\r") { continue }
      if symbol == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let bits = value(of: symbol) else { return nil }
      symbolCount += 1
      buffer = buffer << 6 | bits
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bitCount)))
      }
    }
    guard symbolCount > 0, symbolCount % 4 != 1, padding <= 2 else { return nil }
    return bytes
  }

  private static func value(of symbol: UInt8) -> UInt32? {
    switch symbol {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
    case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
