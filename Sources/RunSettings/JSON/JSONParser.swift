/// Reads one JSON value with comments and trailing commas from UTF-8 bytes.
struct JSONParser {
  /// Deeper nesting is refused, so that hostile input cannot exhaust the stack.
  static let depthLimit = 100

  private static let simpleEscapes: [UInt8: UnicodeScalar] = [
    UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
    UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
  ]

  private var scanner: JSONScanner
  private var depth = 0

  init(_ bytes: [UInt8]) { scanner = JSONScanner(bytes) }

  /// The whole text as one value.
  mutating func document() throws(JSONSyntaxError) -> JSONNode {
    let root = try value()
    try scanner.skipBlanks()
    guard scanner.current == nil else { throw unexpected("nothing after the configuration's closing brace") }
    return root
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONNode {
    try scanner.skipBlanks()
    let start = scanner.index
    guard let byte = scanner.current else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"):
      return JSONNode(.object(try nested { (p) throws(JSONSyntaxError) in try p.members() }), offset: start)
    case UInt8(ascii: "["):
      return JSONNode(.array(try nested { (p) throws(JSONSyntaxError) in try p.elements() }), offset: start)
    case UInt8(ascii: "\""): return JSONNode(.string(try string()), offset: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return JSONNode(.number(try number()), offset: start)
    default: return JSONNode(try word(), offset: start)
    }
  }

  private mutating func nested<Content>(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> Content
  ) throws(JSONSyntaxError) -> Content {
    guard depth < Self.depthLimit else {
      throw JSONSyntaxError(
        offset: scanner.index, found: "values nested deeper than \(Self.depthLimit) levels",
        expected: "at most \(Self.depthLimit) levels of braces and brackets")
    }
    depth += 1
    defer { depth -= 1 }
    scanner.index += 1
    return try body(&self)
  }

  private mutating func members() throws(JSONSyntaxError) -> [JSONMember] {
    var members: [JSONMember] = []
    while true {
      try scanner.skipBlanks()
      if scanner.skip(UInt8(ascii: "}")) { return members }
      let keyOffset = scanner.index
      guard scanner.current == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes or '}'") }
      let key = try string()
      try scanner.skipBlanks()
      guard scanner.skip(UInt8(ascii: ":")) else { throw unexpected("':' after the key \(key.quotedAsJSON)") }
      members.append(JSONMember(key: key, keyOffset: keyOffset, node: try value()))
      try scanner.skipBlanks()
      if scanner.skip(UInt8(ascii: ",")) { continue }
      guard scanner.current == UInt8(ascii: "}") else {
        throw unexpected("',' or '}' after the value of \(key.quotedAsJSON)")
      }
    }
  }

  private mutating func elements() throws(JSONSyntaxError) -> [JSONNode] {
    var elements: [JSONNode] = []
    while true {
      try scanner.skipBlanks()
      if scanner.skip(UInt8(ascii: "]")) { return elements }
      elements.append(try value())
      try scanner.skipBlanks()
      if scanner.skip(UInt8(ascii: ",")) { continue }
      guard scanner.current == UInt8(ascii: "]") else { throw unexpected("',' or ']'") }
    }
  }

  private mutating func word() throws(JSONSyntaxError) -> JSONValue {
    if scanner.skip(word: "true") { return .bool(true) }
    if scanner.skip(word: "false") { return .bool(false) }
    if scanner.skip(word: "null") { return .null }
    if scanner.skip(word: "True") || scanner.skip(word: "False") || scanner.skip(word: "None") {
      throw JSONSyntaxError(
        offset: scanner.index, found: "a word of Python", expected: "true, false or null in lower case")
    }
    if scanner.current == UInt8(ascii: "'") { throw unexpected("a string in double quotes") }
    throw unexpected("a value: a finite number, a string in double quotes, true, false, null, '{' or '['")
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONNumber {
    let start = scanner.index
    _ = scanner.skip(UInt8(ascii: "-"))
    try digits(start: start)
    if scanner.skip(UInt8(ascii: ".")) { try digits(start: start) }
    if scanner.skip(UInt8(ascii: "e")) || scanner.skip(UInt8(ascii: "E")) {
      if !scanner.skip(UInt8(ascii: "-")) { _ = scanner.skip(UInt8(ascii: "+")) }
      try digits(start: start)
    }
    if let byte = scanner.current, byte.isNameByte { throw malformedNumber(start) }
    let text = String(decoding: scanner.bytes[start..<scanner.index], as: UTF8.self)
    guard let double = Double(text), double.isFinite else { throw malformedNumber(start) }
    return JSONNumber(text: text, double: double)
  }

  private mutating func digits(start: Int) throws(JSONSyntaxError) {
    let first = scanner.index
    while let byte = scanner.current, byte.isDigit { scanner.index += 1 }
    guard scanner.index > first else { throw malformedNumber(start) }
  }

  private func malformedNumber(_ start: Int) -> JSONSyntaxError {
    var rest = scanner
    rest.index = start
    return JSONSyntaxError(
      offset: start, found: rest.foundText, expected: "a finite number such as 16, 5e8 or 1e-4")
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    let start = scanner.index
    scanner.index += 1
    var content: [UInt8] = []
    while let byte = scanner.current {
      switch byte {
      case UInt8(ascii: "\""):
        scanner.index += 1
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
      case 0..<0x20:
        throw JSONSyntaxError(
          offset: start, found: "a string that does not end on its line", expected: "a closing '\"'")
      default:
        content.append(byte)
        scanner.index += 1
      }
    }
    throw JSONSyntaxError(offset: start, found: "a string without end", expected: "a closing '\"'")
  }

  private mutating func escape() throws(JSONSyntaxError) -> UnicodeScalar {
    scanner.index += 1
    guard let byte = scanner.current else { throw unexpected("a character after '\\'") }
    if let scalar = Self.simpleEscapes[byte] {
      scanner.index += 1
      return scalar
    }
    guard byte == UInt8(ascii: "u") else {
      throw unexpected("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
    return try unicodeEscape()
  }

  private mutating func unicodeEscape() throws(JSONSyntaxError) -> UnicodeScalar {
    let start = scanner.index - 1
    let first = try hexadecimalUnit(start)
    if let scalar = UnicodeScalar(first) { return scalar }
    guard first < 0xDC00, scanner.skip(UInt8(ascii: "\\")), scanner.current == UInt8(ascii: "u") else {
      throw halfSurrogate(start)
    }
    let second = try hexadecimalUnit(start)
    guard (0xDC00..<0xE000).contains(second) else { throw halfSurrogate(start) }
    let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    guard let scalar = UnicodeScalar(code) else { throw halfSurrogate(start) }
    return scalar
  }

  private mutating func hexadecimalUnit(_ start: Int) throws(JSONSyntaxError) -> UInt16 {
    scanner.index += 1
    let end = scanner.index + 4
    guard end <= scanner.bytes.count,
      scanner.bytes[scanner.index..<end].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: scanner.bytes[scanner.index..<end], as: UTF8.self), radix: 16)
    else {
      throw JSONSyntaxError(
        offset: start, found: "an incomplete \\u escape", expected: "four hexadecimal digits")
    }
    scanner.index = end
    return unit
  }

  private func halfSurrogate(_ start: Int) -> JSONSyntaxError {
    JSONSyntaxError(offset: start, found: "half of a surrogate pair", expected: "both halves, \\uD83D\\uDE00")
  }

  private func unexpected(_ expected: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: scanner.index, found: scanner.foundText, expected: expected)
  }
}
