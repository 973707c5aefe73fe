/// The added tokens of a tokenizer by id and by content, and the two searches for them.
struct AddedTokens: Sendable {
  /// Finds the tokens that are searched for in the text as it came.
  let raw: AddedTokenMatcher
  /// Finds the tokens that are searched for in the normalized text.
  let normalized: AddedTokenMatcher
  private let byID: [Int: AddedToken]
  private let byContent: [[UInt8]: Int]

  /// - Parameters:
  ///   - tokens: The tokens in the order of their file.
  ///   - normalizer: What the content of normalized tokens goes through before it is searched for.
  init(_ tokens: [AddedToken], normalizer: Normalizer?) {
    var byID: [Int: AddedToken] = [:]
    var byContent: [[UInt8]: Int] = [:]
    var raw: [(token: AddedToken, text: [UInt8])] = []
    var normalized: [(token: AddedToken, text: [UInt8])] = []
    // Special tokens go first, so that they win over an ordinary token that is written alike.
    for token in tokens.filter(\.isSpecial) + tokens.filter({ !$0.isSpecial }) {
      let content = Array(token.content.utf8)
      byID[token.id] = token
      byContent[content] = token.id
      if token.isNormalized {
        normalized.append((token, normalizer?.normalize(content.span) ?? content))
      } else {
        raw.append((token, content))
      }
    }
    self.raw = AddedTokenMatcher(raw)
    self.normalized = AddedTokenMatcher(normalized)
    self.byID = byID
    self.byContent = byContent
  }

  var idBound: Int { (byID.keys.max() ?? -1) + 1 }

  func token(of id: Int) -> AddedToken? { byID[id] }

  func id(of content: String) -> Int? { byContent[Array(content.utf8)] }
}
