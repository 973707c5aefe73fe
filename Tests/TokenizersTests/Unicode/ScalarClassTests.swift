import Testing

@testable import Tokenizers

@Suite struct ScalarClassTests {
  @Test("The classes are those of the Unicode properties for every scalar")
  func properties() {
    for value in UInt32(0)...0x2FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let expected: ScalarClass
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        expected = .letter
      case .decimalNumber, .letterNumber, .otherNumber: expected = .number
      default:
        let isNewline = scalar == "\n" || scalar == "\r"
        expected = isNewline ? .newline : scalar.properties.isWhitespace ? .space : .other
      }
      if ScalarClass(scalar) != expected { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test("Bytes that are no UTF-8 are read as replacement characters of one byte")
  func brokenText() {
    let bytes: [UInt8] = [0xF0, 0x9F, 0x41, 0x80]
    #expect(bytes.span.scalar(at: 0).scalar == "\u{FFFD}" || bytes.span.scalar(at: 0).length <= bytes.count)
    #expect(bytes.span.scalar(at: 3).length == 1)
    #expect(bytes.span.scalar(before: 3).scalar == "A")
  }
}
