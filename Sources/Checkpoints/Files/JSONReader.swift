/// Reads JSON (RFC 8259) strictly: one document, no duplicate keys, bounded depth, errors with line and
/// column.
struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  private var position = 0
  private var depth = 0
  private static let depthLimit = 128

  /// Parses a whole document.
  ///
  /// - Parameters:
  ///   - bytes: the text in UTF-8.
  ///   - file: the path that errors name.
  /// - Throws: `FileFormatError` of kind `malformed` or `duplicate`.
  static func read(_ bytes: [UInt8], file: String) throws -> JSONValue {
    try bytes.withUnsafeBufferPointer { try read($0, file: file) }
  }

  /// Parses a whole document from memory that outlives the call.
  ///
  /// - Throws: `FileFormatError` of kind `malformed` or `duplicate`.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> JSONValue {
    var reader = JSONReader(bytes: bytes, file: file)
    let value = try reader.value()
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.fault("the end of the JSON document") }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
  }

  private func fault(_ expected: String) -> FileFormatError {
    let found =
      position < bytes.count ? "\(Self.shown(bytes[position])) at \(place) of the JSON text"
      : "the end of the JSON text at \(place)"
    return FileFormatError(.malformed, file: file, found: found, expected: expected)
  }

  private static func shown(_ byte: UInt8) -> String {
    (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }

  /// Where the reader is, counted from 1; columns in bytes.
  private var place: String {
    let passed = bytes[..<position]
    let line = passed.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    let lineStart = passed.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return "line \(line), column \(position - lineStart + 1)"
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw fault("a JSON value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ spelling: StaticString, _ value: JSONValue) throws -> JSONValue {
    for index in 0..<spelling.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == spelling.utf8Start[index] else {
        throw fault("the word \(spelling)")
      }
      position += 1
    }
    return value
  }

  private mutating func enter() throws {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw FileFormatError(
        .limit, file: file, found: "JSON nested deeper than \(Self.depthLimit) at \(place)",
        expected: "at most \(Self.depthLimit) levels")
    }
    position += 1
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func array() throws -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat { values.append(try value()) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fault("',' or ']'") }
    return .array(values)
  }

  private mutating func object() throws -> JSONValue {
    try enter()
    defer { depth -= 1 }
    var entries: [(key: String, value: JSONValue)] = []
    var keys: Set<String> = []
    if take(UInt8(ascii: "}")) { return .object(entries) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw fault("a key in quotes")
      }
      let key = try string()
      guard keys.insert(key).inserted else {
        throw FileFormatError(
          .duplicate, file: file, item: "key '\(key)'", found: "the key twice in one JSON object",
          expected: "each key once")
      }
      guard take(UInt8(ascii: ":")) else { throw fault("':'") }
      entries.append((key, try value()))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fault("',' or '}'") }
    return .object(entries)
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    var isInteger = true
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"): isInteger = false
      default: break scan
      }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), let last = text.last, last.isNumber else {
      position = start
      throw fault("a JSON value")
    }
    return .number(value)
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard bytes[position] >= 0x20 else { throw fault("an escaped control character") }
      position += 1
    }
    return try finishString(Array(bytes[start..<position]))
  }

  private mutating func escapedString(from start: Int) throws -> String {
    var content = Array(bytes[start..<position])
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] >= 0x20 else { throw fault("an escaped control character") }
      if bytes[position] == UInt8(ascii: "\\") {
        position += 1
        content.append(contentsOf: Array(String(try escape()).utf8))
      } else {
        content.append(bytes[position])
        position += 1
      }
    }
    return try finishString(content)
  }

  private mutating func finishString(_ content: [UInt8]) throws -> String {
    guard position < bytes.count else { throw fault("a closing quote") }
    guard let text = String(validating: content, as: UTF8.self) else { throw fault("text in UTF-8") }
    position += 1
    return text
  }

  private mutating func escape() throws -> Unicode.Scalar {
    guard position < bytes.count else { throw fault("an escape sequence") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      position -= 1
      throw fault("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
  }

  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let unit = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
    let isHigh = UTF16.isLeadSurrogate(unit)
    guard isHigh, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw fault("the second half of a surrogate pair") }
    position += 2
    let low = try hexadecimalUnit()
    guard UTF16.isTrailSurrogate(low) else { throw fault("the second half of a surrogate pair") }
    return Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10) + UInt32(low & 0x3FF))!
  }

  private mutating func hexadecimalUnit() throws -> UInt16 {
    guard position + 4 <= bytes.count,
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits") }
    position += 4
    return unit
  }
}
