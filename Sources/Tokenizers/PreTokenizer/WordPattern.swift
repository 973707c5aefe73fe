/// The splitting patterns of well-known model families, as hand-written scanners.
///
/// Every position of a text is in exactly one match of these patterns, so that a scanner only says where the
/// word that starts at a position ends.
enum WordPattern: Sendable, Hashable {
  /// GPT-2, RoBERTa, StarCoder, SmolLM.
  case gpt2
  /// The family of cl100k: GPT-4, Llama 3, Qwen 2 and 3. A number of more digits than `digitCount` is cut.
  case cl100k(digitCount: Int)
  /// GPT-4o, Llama 4.
  case o200k

  private static let contractions = "'(?:[sdmt]|ll|ve|re)"
  private static let spelledContractions = "'s|'t|'re|'ve|'m|'ll|'d"
  private static let foldedContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let gpt2Words = #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let cl100kWords = #"|[^\r\n\p{L}\p{N}]?\p{L}+|"#
  private static let cl100kRest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
  private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#

  /// The scanner of a regular expression, if it is one of those that real models use.
  init?(regularExpression: String) {
    guard let known = Self.spellings.first(where: { $0.expression == regularExpression }) else { return nil }
    self = known.pattern
  }

  /// The ways in which these patterns are written in tokenizer files.
  ///
  /// Square-bracketed contractions differ from folded ones in U+017F only, which the scanner of the former
  /// would get wrong; they are therefore left to the general matcher.
  static let spellings: [(expression: String, pattern: WordPattern)] = {
    let prefixed = #"[^\r\n\p{L}\p{N}]?"#
    let o200k = [
      prefixed + upper + "*" + lower + "+" + foldedContractions + "?",
      prefixed + upper + "+" + lower + "*" + foldedContractions + "?",
      #"\p{N}{1,3}"#, #" ?[^\s\p{L}\p{N}]+[\r\n/]*"#, #"\s*[\r\n]+"#, #"\s+(?!\S)"#, #"\s+"#,
    ]
    return [
      (contractions + gpt2Words, .gpt2),
      (spelledContractions + gpt2Words, .gpt2),
      (foldedContractions + cl100kWords + #"\p{N}{1,3}"# + cl100kRest, .cl100k(digitCount: 3)),
      (foldedContractions + cl100kWords + #"\p{N}"# + cl100kRest, .cl100k(digitCount: 1)),
      (o200k.joined(separator: "|"), .o200k),
    ]
  }()

  /// Where the word that starts at `start` ends.
  @inline(__always)
  func end(in text: Span<UInt8>, from start: Int) -> Int {
    switch self {
    case .gpt2: text.endOfGPT2Word(from: start)
    case .cl100k(let digitCount): text.endOfCL100kWord(from: start, digitCount: digitCount)
    case .o200k: text.endOfO200kWord(from: start)
    }
  }
}
