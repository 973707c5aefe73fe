/// Checks a JSON text against RFC 8259 and lists its nodes.
struct JSONParser {
  /// Deeper nesting is an attack, not a tokenizer.
  static let depthLimit = 128

  let bytes: [UInt8]
  let name: String
  private var position = 0
  private var nodes: [JSONDocument.Node] = []

  init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  mutating func parse() throws(TokenizerError) -> [JSONDocument.Node] {
    guard bytes.count < Int(UInt32.max) else { throw error("a text under 4 GiB") }
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw TokenizerError(.json, at: name, "not UTF-8 at byte \(error.byteOffsets.lowerBound)")
    }
    nodes.reserveCapacity(bytes.count / 12)
    skipSpace()
    try value(depth: 0)
    skipSpace()
    if position != bytes.count { throw error("the end of the text") }
    return nodes
  }

  private func error(_ expected: String) -> TokenizerError {
    let line = 1 + bytes[..<min(position, bytes.count)].count { $0 == 0x0A }
    let found =
      position < bytes.count ? "byte 0x" + String(bytes[position], radix: 16) : "the end of the text"
    return TokenizerError(.json, at: name, "line \(line): expected \(expected), found \(found)")
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      position += 1
    }
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(TokenizerError) {
    guard position < bytes.count else { throw error("a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): try container(.object, closing: UInt8(ascii: "}"), depth: depth)
    case UInt8(ascii: "["): try container(.array, closing: UInt8(ascii: "]"), depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .bool)
    case UInt8(ascii: "f"): try word("false", .bool)
    case UInt8(ascii: "n"): try word("null", .null)
    default: try number()
    }
  }

  private mutating func container(
    _ kind: JSONDocument.Kind, closing: UInt8, depth: Int
  ) throws(TokenizerError) {
    guard depth < Self.depthLimit else { throw error("at most \(Self.depthLimit) levels of nesting") }
    let index = nodes.count
    nodes.append(JSONDocument.Node(kind: kind, start: UInt32(position), end: 0, next: 0))
    position += 1
    skipSpace()
    if !consume(closing) {
      while true {
        if kind == .object {
          guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw error("a key") }
          try string()
          skipSpace()
          guard consume(UInt8(ascii: ":")) else { throw error("':'") }
          skipSpace()
        }
        try value(depth: depth + 1)
        skipSpace()
        if consume(UInt8(ascii: ",")) {
          skipSpace()
        } else if consume(closing) {
          break
        } else {
          throw error(kind == .object ? "',' or '}'" : "',' or ']'")
        }
      }
    }
    nodes[index].end = UInt32(position)
    nodes[index].next = UInt32(nodes.count)
  }

  private mutating func leaf(
    _ kind: JSONDocument.Kind, from start: Int, to end: Int, hasEscapes: Bool = false
  ) {
    nodes.append(
      JSONDocument.Node(
        kind: kind, hasEscapes: hasEscapes, start: UInt32(start), end: UInt32(end),
        next: UInt32(nodes.count + 1)))
  }

  private mutating func word(_ text: StaticString, _ kind: JSONDocument.Kind) throws(TokenizerError) {
    let start = position
    for index in 0..<text.utf8CodeUnitCount where !consume(text.utf8Start[index]) {
      throw error("'\(text)'")
    }
    leaf(kind, from: start, to: position)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  private mutating func number() throws(TokenizerError) {
    let start = position
    _ = consume(UInt8(ascii: "-"))
    let first = position
    let count = digits()
    if count == 0 || (count > 1 && bytes[first] == 0x30) { throw error("a value") }
    if consume(UInt8(ascii: ".")), digits() == 0 { throw error("a digit") }
    if consume(UInt8(ascii: "e")) || consume(UInt8(ascii: "E")) {
      if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
      if digits() == 0 { throw error("a digit") }
    }
    leaf(.number, from: start, to: position)
  }

  private mutating func string() throws(TokenizerError) {
    position += 1
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        leaf(.string, from: start, to: position, hasEscapes: hasEscapes)
        position += 1
        return
      }
      if byte < 0x20 { throw error("no control character inside a string") }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try escape()
      } else {
        position += 1
      }
    }
    throw error("'\"'")
  }

  private mutating func escape() throws(TokenizerError) {
    position += 1
    guard position < bytes.count else { throw error("an escape") }
    guard bytes[position] == UInt8(ascii: "u") else {
      guard Self.unescaped(bytes[position]) != nil else { throw error("an escape") }
      position += 1
      return
    }
    position += 1
    guard let value = Self.hexadecimal(bytes, at: position) else { throw error("four hexadecimal digits") }
    position += 4
    if value & 0xFC00 == 0xD800 {
      guard consume(UInt8(ascii: "\\")), consume(UInt8(ascii: "u")),
        let low = Self.hexadecimal(bytes, at: position), low & 0xFC00 == 0xDC00
      else { throw error("the second half of a surrogate pair") }
      position += 4
    } else if value & 0xFC00 == 0xDC00 {
      throw error("the first half of a surrogate pair")
    }
  }

  /// The byte that a one-letter escape stands for.
  static func unescaped(_ escape: UInt8) -> UInt8? {
    switch escape {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escape
    default: nil
    }
  }

  /// The number that four hexadecimal digits write.
  static func hexadecimal(_ bytes: [UInt8], at start: Int) -> UInt32? {
    guard start >= 0, start + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Unicode.Scalar(byte).properties.isASCIIHexDigit ? hexDigit(byte) : nil else {
        return nil
      }
      value = value << 4 | digit
    }
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32 {
    byte < 0x3A ? UInt32(byte) - 0x30 : UInt32(byte | 0x20) - 0x57
  }
}
