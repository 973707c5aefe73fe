/// The printable character that stands for each byte in a byte-level vocabulary.
///
/// The printable characters of Latin-1 stand for themselves; the 68 other bytes, in order, take the
/// characters from U+0100 on, so that a space is written U+0120.
///
/// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2 and the
/// released encoder.
enum ByteAlphabet {
  private static let firstSubstitute: UInt32 = 0x100

  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
    default: false
    }
  }

  /// How many bytes below `byte` are not printable.
  private static func substituteIndex(_ byte: UInt8) -> UInt32 {
    switch byte {
    case ..<0x21: UInt32(byte)
    case 0x7F...0xA0: UInt32(byte) - 0x7F + 33
    default: 67
    }
  }

  static func character(of byte: UInt8) -> Unicode.Scalar {
    let value = isPrintable(byte) ? UInt32(byte) : firstSubstitute + substituteIndex(byte)
    return Unicode.Scalar(value) ?? Unicode.Scalar(byte)
  }

  /// The byte that a character stands for, if it is of the alphabet.
  static func byte(of character: Unicode.Scalar) -> UInt8? {
    switch character.value {
    case 0x100...0x120: UInt8(character.value - 0x100)
    case 0x121...0x142: UInt8(character.value - 0x121 + 0x7F)
    case 0x143: 0xAD
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: UInt8(character.value)
    default: nil
    }
  }

  /// The text that writes `bytes` in the alphabet.
  static func written(_ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    for index in 0..<bytes.count { result.append(character(of: bytes[index])) }
    return result
  }

  /// Appends the bytes that `text` writes; a text with a character outside the alphabet stands for itself.
  static func appendBytes(writtenAs text: Span<UInt8>, to output: inout [UInt8]) {
    let start = output.count
    var index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      guard let byte = byte(of: decoded.scalar) else {
        output.removeLast(output.count - start)
        output.append(text)
        return
      }
      output.append(byte)
      index += decoded.length
    }
  }
}
