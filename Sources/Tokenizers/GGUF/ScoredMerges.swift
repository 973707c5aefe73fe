/// The merges of a SentencePiece vocabulary, whose tokens have scores instead of a list of merges.
///
/// Two neighbours merge if their concatenation is a token, the token of the highest score first. Every way of
/// cutting a token into two tokens is therefore a merge, and its rank is the token's place among the scores.
///
/// Source: Kudo and Richardson 2018, arXiv:1808.06226, section 3.
struct ScoredMerges {
  private struct Merge {
    let left: Int32
    let right: Int32
    let token: Int32
  }

  private(set) var pairs: PairTable
  let mergedTokens: [Int32]

  /// - Parameter gguf: A description with one score for each token.
  init(_ gguf: GGUFTokenizerDescription, vocabulary: Vocabulary) {
    func isMergeable(_ id: Int) -> Bool {
      switch gguf.type(of: id) {
      case .normal, .userDefined, .unused: true
      case .unknown, .control, .byte: false
      }
    }
    var merges: [Merge] = []
    for id in gguf.tokens.indices where isMergeable(id) {
      guard let token = vocabulary.bytes(of: id) else { continue }
      let bytes = token.span
      for cut in 1..<max(1, bytes.count) where bytes[cut] & 0xC0 != 0x80 {
        let left = vocabulary.id(of: bytes.extracting(..<cut))
        let right = vocabulary.id(of: bytes.extracting(cut...))
        guard left >= 0, right >= 0, isMergeable(Int(left)), isMergeable(Int(right)) else { continue }
        merges.append(Merge(left: left, right: right, token: Int32(id)))
      }
    }
    let ranks = Self.ranks(of: gguf.scores)
    pairs = PairTable(capacity: merges.count)
    for merge in merges {
      pairs.insert(merge.left, merge.right, PairTable.Merge(rank: ranks[Int(merge.token)], id: merge.token))
    }
    mergedTokens = merges.map(\.token)
  }

  /// The place of each score among the different scores, the highest first.
  private static func ranks(of scores: [Float]) -> [Int] {
    let values = scores.map { $0.isNaN ? -Float.infinity : $0 }
    let order = values.indices.sorted { values[$0] > values[$1] }
    var ranks = [Int](repeating: 0, count: scores.count)
    var rank = 0
    for (position, index) in order.enumerated() {
      if position > 0, values[index] != values[order[position - 1]] { rank += 1 }
      ranks[index] = rank
    }
    return ranks
  }
}
