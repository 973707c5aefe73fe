/// A set of scalars as a character class of a regular expression writes it.
struct ScalarSet: Sendable, Hashable {
  indirect enum Item: Sendable, Hashable {
    case range(UInt32, UInt32)
    /// Bits as `categoryBit` gives them.
    case categories(UInt32)
    case space
    case word
    case nested(ScalarSet)
  }

  private var items: [Item]
  private var isNegated: Bool
  /// Further sets that a member must be in.
  private var intersections: [ScalarSet]
  private var ignoresCase: Bool
  private var asciiLow: UInt64 = 0
  private var asciiHigh: UInt64 = 0

  init(_ items: [Item], isNegated: Bool = false, intersections: [ScalarSet] = [], ignoresCase: Bool = false) {
    self.items = items
    self.isNegated = isNegated
    self.intersections = intersections
    self.ignoresCase = ignoresCase
    for value in UInt32(0)..<128 where evaluates(Unicode.Scalar(UInt8(value))) {
      if value < 64 { asciiLow |= 1 << UInt64(value) } else { asciiHigh |= 1 << UInt64(value - 64) }
    }
  }

  init(_ scalar: Unicode.Scalar, ignoresCase: Bool = false) {
    self.init([.range(scalar.value, scalar.value)], ignoresCase: ignoresCase)
  }

  @inline(__always)
  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let value = UInt64(scalar.value)
    if value < 64 { return asciiLow >> value & 1 == 1 }
    if value < 128 { return asciiHigh >> (value - 64) & 1 == 1 }
    return evaluates(scalar)
  }

  private func evaluates(_ scalar: Unicode.Scalar) -> Bool {
    var isIn = isListed(scalar)
    if ignoresCase, !isIn { isIn = Self.caseVariants(of: scalar).contains { isListed($0) } }
    return isIn != isNegated && intersections.allSatisfy { $0.contains(scalar) }
  }

  private func isListed(_ scalar: Unicode.Scalar) -> Bool {
    items.contains { item in
      switch item {
      case .range(let low, let high): return scalar.value >= low && scalar.value <= high
      case .categories(let mask): return mask & Self.categoryBit(scalar.properties.generalCategory) != 0
      case .space: return ScalarClass(scalar).isSpace
      case .word: return scalar.isWord
      case .nested(let set): return set.contains(scalar)
      }
    }
  }

  /// The scalars that differ from this one in case only; U+017F is a variant of s, and U+212A of k.
  private static func caseVariants(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    func single(_ text: String) -> [Unicode.Scalar] {
      text.unicodeScalars.count == 1 ? Array(text.unicodeScalars) : []
    }
    let upper = single(scalar.properties.uppercaseMapping)
    return upper + single(scalar.properties.lowercaseMapping)
      + upper.flatMap { single($0.properties.lowercaseMapping) }
  }

  /// The bit of a general category in a mask of categories.
  static func categoryBit(_ category: Unicode.GeneralCategory) -> UInt32 {
    1 << UInt32(categoryNames.firstIndex { $0.category == category } ?? 31)
  }

  /// The categories whose abbreviation starts with `name`: `L` names all letters, `Lu` the upper-case ones.
  static func categoryMask(named name: String) -> UInt32? {
    var mask: UInt32 = 0
    for (index, entry) in categoryNames.enumerated() where entry.name.hasPrefix(name) {
      mask |= 1 << UInt32(index)
    }
    return mask == 0 || name.isEmpty ? nil : mask
  }

  private static let categoryNames: [(name: String, category: Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
    ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
    ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
    ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation),
    ("Pi", .initialPunctuation),
    ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
    ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
    ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate), ("Co", .privateUse),
    ("Cn", .unassigned),
  ]
}
