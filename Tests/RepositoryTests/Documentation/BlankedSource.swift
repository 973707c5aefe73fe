/// A Swift source whose comments and string literals are blanks, so that words and braces in it are code.
struct BlankedSource {
  /// The lines, each as long in bytes as the line it comes from.
  let lines: [String]

  init(_ text: String) {
    var blanker = Blanker(bytes: Array(text.utf8))
    blanker.readCode(untilClosingParenthesis: false)
    lines = String(decoding: blanker.bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

private struct Blanker {
  /// What a comment, a string or an interpolation's end can start with.
  private static let special = Set("/\"#()".utf8)
  var bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads to the end, or, inside an interpolation, to the parenthesis that ends it.
  mutating func readCode(untilClosingParenthesis: Bool) {
    var depth = 0
    while position < bytes.count {
      if !Self.special.contains(bytes[position]) {
        if untilClosingParenthesis { blank() } else { position += 1 }
      } else if matches("//") {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank() }
      } else if matches("/*") {
        blankBlockComment()
      } else if let hashes = stringStart() {
        blankString(hashes: hashes)
      } else {
        if untilClosingParenthesis {
          if bytes[position] == UInt8(ascii: "(") { depth += 1 }
          if bytes[position] == UInt8(ascii: ")") {
            depth -= 1
            if depth == 0 { return blank() }
          }
          blank()
        } else {
          position += 1
        }
      }
    }
  }

  private mutating func blankBlockComment() {
    var depth = 0
    repeat {
      if matches("/*") { depth += 1 }
      if matches("*/") { depth -= 1 }
      blank(2)
      while depth > 0, position < bytes.count, !matches("/*"), !matches("*/") { blank() }
    } while depth > 0 && position < bytes.count
  }

  /// The number of `#` before the quote when a string literal starts here.
  private func stringStart() -> Int? {
    var end = position
    while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - position : nil
  }

  private mutating func blankString(hashes: Int) {
    let pounds = String(repeating: "#", count: hashes)
    blank(hashes)
    let quote = matches("\"\"\"") ? "\"\"\"" : "\""
    blank(quote.utf8.count)
    while position < bytes.count {
      if matches(quote + pounds) { return blank(quote.utf8.count + hashes) }
      if matches("\\" + pounds + "(") {
        blank(1 + hashes)
        readCode(untilClosingParenthesis: true)
      } else {
        blank(matches("\\" + pounds) ? 2 + hashes : 1)
      }
    }
  }

  private func matches(_ text: String) -> Bool {
    var place = position
    for byte in text.utf8 {
      guard place < bytes.count, bytes[place] == byte else { return false }
      place += 1
    }
    return true
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] != UInt8(ascii: "\n") { bytes[position] = UInt8(ascii: " ") }
      position += 1
    }
  }
}
