extension Span<UInt8> {
  /// As `o200k`: words are cut where an upper-case letter follows a lower-case one, marks belong to words,
  /// and a contraction stays with its word.
  func endOfO200kWord(from start: Int) -> Int {
    guard let first = classed(start) else { return start }
    if let end = endOfCasedWord(from: start, first: first.kind, length: first.length) {
      return contraction(at: end) ?? end
    }
    if first.kind == .number { return endOfDigits(from: start, atMost: 3) }
    return endOfOther(from: start, first: first.kind, takesSlash: true)
  }

  private func contraction(at index: Int) -> Int? {
    guard index < count, self[index] == UInt8(ascii: "'") else { return nil }
    return contraction(from: index, foldsCase: true)
  }

  /// The four ways of matching a word, in the order in which a backtracking matcher tries them: ending in
  /// lower case with and without a leading character, then starting in upper case with and without it.
  private func endOfCasedWord(from start: Int, first: ScalarClass, length: Int) -> Int? {
    let takesLead = first == .space || first == .other
    let led = takesLead ? start + length : nil
    if let led, let end = endInLowerCase(from: led) { return end }
    if let end = endInLowerCase(from: start) { return end }
    if let led, let end = endFromUpperCase(from: led) { return end }
    return endFromUpperCase(from: start)
  }

  /// `U*L+`, where modifier letters, other letters and marks are in both classes.
  private func endInLowerCase(from start: Int) -> Int? {
    var index = start
    var afterLastShared: Int?
    while let next = cased(index), next.isUpper {
      index += next.length
      if next.isLower { afterLastShared = index }
    }
    guard let next = cased(index), next.isLower else { return afterLastShared }
    return endOfLowerCase(from: index)
  }

  /// `U+L*`.
  private func endFromUpperCase(from start: Int) -> Int? {
    var index = start
    while let next = cased(index), next.isUpper { index += next.length }
    return index == start ? nil : endOfLowerCase(from: index)
  }

  private func endOfLowerCase(from start: Int) -> Int {
    var index = start
    while let next = cased(index), next.isLower { index += next.length }
    return index
  }

  /// Whether the scalar at an index may stand in the upper-case part and in the lower-case part of a word.
  private func cased(_ index: Int) -> (isUpper: Bool, isLower: Bool, length: Int)? {
    guard index < count else { return nil }
    let byte = self[index]
    if byte < 0x80 { return (byte &- 0x41 < 26, byte &- 0x61 < 26, 1) }
    let decoded = scalar(at: index)
    switch decoded.scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: return (true, false, decoded.length)
    case .lowercaseLetter: return (false, true, decoded.length)
    case .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .enclosingMark:
      return (true, true, decoded.length)
    default: return (false, false, decoded.length)
    }
  }
}
