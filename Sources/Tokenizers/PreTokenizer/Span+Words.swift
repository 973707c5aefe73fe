/// Finding the ends of words in a text without a regular expression.
extension Span<UInt8> {
  /// The class of the scalar at an index and its number of bytes; nil at the end of the text.
  @inline(__always)
  func classed(_ index: Int) -> (kind: ScalarClass, length: Int)? {
    guard index < count else { return nil }
    let decoded = scalar(at: index)
    return (ScalarClass(decoded.scalar), decoded.length)
  }

  /// Where a run of one class ends.
  @inline(__always)
  func endOfRun(of kind: ScalarClass, from start: Int) -> Int {
    var index = start
    while let next = classed(index), next.kind == kind { index += next.length }
    return index
  }

  /// As `gpt2`: contractions, then words, numbers and punctuation with a space before them, then white space.
  @inline(__always)
  func endOfGPT2Word(from start: Int) -> Int {
    let first = self[start]
    if first == UInt8(ascii: "'"), let end = contraction(from: start, foldsCase: false) { return end }
    let wordStart = first == 0x20 ? start + 1 : start
    if let next = classed(wordStart), !next.kind.isSpace {
      return endOfRun(of: next.kind, from: wordStart + next.length)
    }
    return endOfSpace(from: start)
  }

  /// Where white space ends that leaves its last character to the word behind it.
  ///
  /// It is `\s+(?!\S)|\s+`.
  func endOfSpace(from start: Int) -> Int {
    var index = start
    var last = start
    while let next = classed(index), next.kind.isSpace {
      last = index
      index += next.length
    }
    return index == count || last == start ? index : last
  }

  /// The end of a contraction that starts at the apostrophe at `start`.
  ///
  /// Case folding also takes U+017F, the long s, for an s.
  func contraction(from start: Int, foldsCase: Bool) -> Int? {
    guard start + 1 < count else { return nil }
    func letter(_ index: Int) -> UInt8 {
      guard index < count else { return 0 }
      return foldsCase ? self[index] | 0x20 : self[index]
    }
    switch letter(start + 1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "l"): return letter(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return letter(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
    default:
      let isLongS = foldsCase && start + 2 < count && self[start + 1] == 0xC5 && self[start + 2] == 0xBF
      return isLongS ? start + 3 : nil
    }
  }

  /// As `cl100k`: contractions in any case; letters with one other character before them; short numbers;
  /// punctuation with the line ends behind it; white space up to a line end.
  @inline(__always)
  func endOfCL100kWord(from start: Int, digitCount: Int) -> Int {
    guard let first = classed(start) else { return start }
    if self[start] == UInt8(ascii: "'"), let end = contraction(from: start, foldsCase: true) { return end }
    if first.kind == .letter { return endOfRun(of: .letter, from: start + first.length) }
    if first.kind == .number { return endOfDigits(from: start, atMost: digitCount) }
    if first.kind != .newline, let next = classed(start + first.length), next.kind == .letter {
      return endOfRun(of: .letter, from: start + first.length + next.length)
    }
    return endOfOther(from: start, first: first.kind, takesSlash: false)
  }

  func endOfDigits(from start: Int, atMost limit: Int) -> Int {
    var index = start
    var taken = 0
    while taken < limit, let next = classed(index), next.kind == .number {
      index += next.length
      taken += 1
    }
    return index
  }

  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, where a slash may count as a line end.
  func endOfOther(from start: Int, first: ScalarClass, takesSlash: Bool) -> Int {
    let wordStart = self[start] == 0x20 ? start + 1 : start
    var index = endOfRun(of: .other, from: wordStart)
    if index > wordStart {
      while index < count, isLineEnd(index) || (takesSlash && self[index] == 0x2F) { index += 1 }
      return index
    }
    index = start
    var lastLineEnd = -1
    while let next = classed(index), next.kind.isSpace {
      index += next.length
      if next.kind == .newline { lastLineEnd = index }
    }
    return lastLineEnd >= 0 ? lastLineEnd : endOfSpace(from: start)
  }

  private func isLineEnd(_ index: Int) -> Bool { self[index] == 0x0A || self[index] == 0x0D }
}
