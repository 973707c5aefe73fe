/// WordPiece: a word is cut into the longest tokens from left to right, and a word with a part in no token is
/// unknown as a whole.
///
/// Source: Wu et al. 2016, arXiv:1609.08144, and Devlin et al. 2019, arXiv:1810.04805.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  let unknownID: Int
  /// What a token that does not start its word is prefixed with.
  let prefix: [UInt8]
  /// Words of more characters are unknown.
  let characterLimit: Int

  init(json: JSONNode) throws(TokenizerError) {
    vocabulary = try Vocabulary(json: json.required("vocab"))
    unknownID = try vocabulary.unknownID(json: json, default: "[UNK]")
    prefix = json["continuing_subword_prefix"]?.stringBytes ?? Array("##".utf8)
    characterLimit = try json["max_input_chars_per_word"]?.requiredInt() ?? 100
  }

  func encode(_ word: Span<UInt8>, into output: inout [Int]) {
    let first = output.count
    var characterCount = 0
    Normalizer.forEachScalar(of: word) { _ in characterCount += 1 }
    var start = 0
    while start < word.count {
      guard characterCount <= characterLimit, let piece = longestPiece(of: word, from: start) else {
        output.removeLast(output.count - first)
        output.append(unknownID)
        return
      }
      output.append(piece.id)
      start = piece.end
    }
  }

  private func longestPiece(of word: Span<UInt8>, from start: Int) -> (id: Int, end: Int)? {
    var end = word.count
    while end > start {
      let piece = word.extracting(start..<end)
      let id = start == 0 ? vocabulary.id(of: piece) : vocabulary.id(of: prefix + piece.copied())
      if id >= 0 { return (Int(id), end) }
      end -= word.scalar(before: end).length
    }
    return nil
  }
}

/// One token a word.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  let unknownID: Int

  init(json: JSONNode) throws(TokenizerError) {
    vocabulary = try Vocabulary(json: json.required("vocab"))
    unknownID = try vocabulary.unknownID(json: json, default: "<unk>")
  }

  func encode(_ word: Span<UInt8>, into output: inout [Int]) {
    let id = vocabulary.id(of: word)
    output.append(id >= 0 ? Int(id) : unknownID)
  }
}

extension Vocabulary {
  fileprivate func unknownID(json: JSONNode, default fallback: String) throws(TokenizerError) -> Int {
    let name = try json["unk_token"]?.requiredString() ?? fallback
    let id = id(of: name)
    guard id >= 0 else {
      throw TokenizerError(
        .vocabulary, at: "\(json.path).unk_token", "the token '\(name)' is not in the vocabulary")
    }
    return Int(id)
  }
}
