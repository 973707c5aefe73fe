/// The classes of scalars that the splitting patterns of language models tell apart.
enum ScalarClass: UInt8, Sendable {
  /// General category L.
  case letter
  /// General category N.
  case number
  /// White_Space, other than carriage return and line feed.
  case space
  /// Carriage return or line feed.
  case newline
  /// Everything else.
  case other

  var isSpace: Bool { self == .space || self == .newline }

  @inline(__always)
  init(_ scalar: Unicode.Scalar) {
    let value = scalar.value
    if value < 0x80 {
      self = Self.ascii(UInt8(truncatingIfNeeded: value))
    } else {
      self = Self.beyondASCII(scalar)
    }
  }

  @inline(__always)
  private static func ascii(_ byte: UInt8) -> ScalarClass {
    if (byte | 0x20) &- 0x61 < 26 { return .letter }
    if byte == 0x20 { return .space }
    if byte &- 0x30 < 10 { return .number }
    if byte == 0x0A || byte == 0x0D { return .newline }
    return byte &- 0x09 < 5 ? .space : .other
  }

  private static func beyondASCII(_ scalar: Unicode.Scalar) -> ScalarClass {
    let value = scalar.value
    if (0x4E00...0x9FFF).contains(value) || (0xAC00...0xD7A3).contains(value) { return .letter }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    case .spaceSeparator, .lineSeparator, .paragraphSeparator: return .space
    case .control: return value == 0x85 ? .space : .other
    default: return .other
    }
  }
}

extension Unicode.Scalar {
  /// General category N.
  var isNumber: Bool { ScalarClass(self) == .number }

  /// General category M.
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// ASCII punctuation and symbols, or general category P.
  var isPunctuation: Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    default: break
    }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// A word character as Unicode Technical Standard 18 has it: alphabetic, mark, decimal digit, connector
  /// punctuation or join control.
  var isWord: Bool {
    if properties.isAlphabetic || properties.isJoinControl || isMark { return true }
    let category = properties.generalCategory
    return category == .decimalNumber || category == .connectorPunctuation
  }
}
