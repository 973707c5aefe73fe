/// The first stage: rewrites a text before it is cut into words.
indirect enum Normalizer: Sendable {
  case form(NormalizationForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case replace(TextPattern, with: [UInt8])
  case prepend([UInt8])
  case byteLevel
  case nmt
  case bert(BertNormalizer)
  case sequence([Normalizer])

  /// The rewritten text.
  func normalize(_ text: Span<UInt8>) -> [UInt8] {
    switch self {
    case .form(let form): return form.normalize(text)
    case .lowercase: return Self.lowercased(text)
    case .stripAccents: return Self.filtered(text) { !$0.isMark }
    case .strip(let left, let right): return Self.stripped(text, left: left, right: right)
    case .replace(let pattern, let content): return pattern.replacing(in: text, with: content)
    case .prepend(let prefix): return text.count == 0 ? [] : prefix + text.copied()
    case .byteLevel: return ByteAlphabet.written(text)
    case .nmt: return Self.withoutControls(text)
    case .bert(let bert): return bert.normalize(text)
    case .sequence(let stages):
      guard let first = stages.first else { return text.copied() }
      return stages.dropFirst().reduce(first.normalize(text)) { $1.normalize($0.span) }
    }
  }

  /// The text with each scalar in lower case on its own, so that a final sigma is an ordinary one.
  static func lowercased(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    forEachScalar(of: text) { scalar in
      if scalar.value < 0x80 {
        let byte = UInt8(scalar.value)
        result.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
      }
    }
    return result
  }

  static func forEachScalar(of text: Span<UInt8>, _ body: (Unicode.Scalar) -> Void) {
    var index = 0
    while index < text.count {
      let decoded = text.scalar(at: index)
      body(decoded.scalar)
      index += decoded.length
    }
  }

  static func filtered(_ text: Span<UInt8>, _ keeps: (Unicode.Scalar) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    forEachScalar(of: text) { if keeps($0) { result.append($0) } }
    return result
  }

  private static func stripped(_ text: Span<UInt8>, left: Bool, right: Bool) -> [UInt8] {
    var start = 0
    var end = text.count
    while left, start < end {
      let decoded = text.scalar(at: start)
      guard ScalarClass(decoded.scalar).isSpace else { break }
      start += decoded.length
    }
    while right, end > start {
      let decoded = text.scalar(before: end)
      guard ScalarClass(decoded.scalar).isSpace else { break }
      end -= decoded.length
    }
    return text.extracting(start..<end).copied()
  }

  /// The rules of the machine translation normalizer of SentencePiece: control characters go, odd spaces
  /// become plain ones.
  private static func withoutControls(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    forEachScalar(of: text) { scalar in
      switch scalar.value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        result.append(0x20)
      default: result.append(scalar)
      }
    }
    return result
  }
}
