/// The clean-up of BERT's tokenizer, with its four switches.
///
/// Source: Devlin et al. 2019, arXiv:1810.04805, and the released basic tokenizer.
struct BertNormalizer: Sendable {
  var cleansText: Bool
  var separatesHanCharacters: Bool
  var stripsAccents: Bool
  var lowercases: Bool

  func normalize(_ text: Span<UInt8>) -> [UInt8] {
    var result = text.copied()
    if cleansText { result = Self.cleaned(result.span) }
    if separatesHanCharacters { result = Self.separated(result.span) }
    if stripsAccents {
      result = NormalizationForm.nfd.normalize(result.span)
      result = Normalizer.filtered(result.span) { $0.properties.generalCategory != .nonspacingMark }
    }
    return lowercases ? Normalizer.lowercased(result.span) : result
  }

  private static func cleaned(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    Normalizer.forEachScalar(of: text) { scalar in
      if scalar.value == 0xFFFD || isControl(scalar) { return }
      result.append(ScalarClass(scalar).isSpace ? " " : scalar)
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\t" || scalar == "\n" || scalar == "\r" { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate: return true
    default: return false
    }
  }

  private static func separated(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    Normalizer.forEachScalar(of: text) { scalar in
      guard isHan(scalar.value) else { return result.append(scalar) }
      result.append(0x20)
      result.append(scalar)
      result.append(0x20)
    }
    return result
  }

  private static func isHan(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
