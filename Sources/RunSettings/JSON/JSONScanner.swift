/// A cursor over UTF-8 bytes that skips blanks and comments.
struct JSONScanner {
  let bytes: [UInt8]
  var index = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  /// The byte under the cursor, nil at the end.
  var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// The byte after the one under the cursor.
  var following: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

  /// Moves past `byte` when it stands under the cursor.
  mutating func skip(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    index += 1
    return true
  }

  /// Moves past `word` when it stands under the cursor and no name character follows.
  mutating func skip(word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard index + length <= bytes.count else { return false }
    for step in 0..<length where bytes[index + step] != word.utf8Start[step] { return false }
    if index + length < bytes.count, bytes[index + length].isNameByte { return false }
    index += length
    return true
  }

  /// Moves past blanks and the comments `// ...`, `# ...` and `/* ... */`.
  mutating func skipBlanks() throws(JSONSyntaxError) {
    while let byte = current {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): index += 1
      case UInt8(ascii: "#"): skipLine()
      case UInt8(ascii: "/") where following == UInt8(ascii: "/"): skipLine()
      case UInt8(ascii: "/") where following == UInt8(ascii: "*"): try skipBlockComment()
      default: return
      }
    }
  }

  private mutating func skipLine() {
    while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
  }

  private mutating func skipBlockComment() throws(JSONSyntaxError) {
    let start = index
    index += 2
    while index < bytes.count {
      if current == UInt8(ascii: "*"), following == UInt8(ascii: "/") {
        index += 2
        return
      }
      index += 1
    }
    throw JSONSyntaxError(offset: start, found: "a comment without end", expected: "'*/'")
  }

  /// What stands under the cursor, for a message.
  var foundText: String {
    guard let byte = current else { return "the end of the text" }
    if byte.isNameByte {
      var end = index
      while end < bytes.count, bytes[end].isNameByte, end - index < 24 { end += 1 }
      return "'" + String(decoding: bytes[index..<end], as: UTF8.self) + "'"
    }
    if byte < 0x20 || byte == 0x7F { return "a control character (byte \(byte))" }
    if byte < 0x80 { return "'\(Character(UnicodeScalar(byte)))'" }
    let character = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self).first
    return "'\(character.map(String.init) ?? "?")'"
  }
}

extension UInt8 {
  /// ASCII letters, digits and the signs that names and numbers are made of.
  var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
