extension Tokenizer {
  /// Makes a tokenizer from the metadata of a GGUF file.
  ///
  /// - Throws: `TokenizerError` with the metadata key of what is wrong or not supported.
  public convenience init(gguf: GGUFTokenizerDescription) throws(TokenizerError) {
    var stages: TokenizerStages
    switch gguf.model {
    case "gpt2": stages = try Self.byteLevelStages(gguf)
    case "llama": stages = try Self.sentencePieceStages(gguf)
    default:
      throw TokenizerError(
        .unsupported, at: "tokenizer.ggml.model", "expected gpt2 or llama, found '\(gguf.model)'")
    }
    stages.bosID = try gguf.checked(gguf.bosID, "bos_token_id") ?? stages.bosID
    stages.eosID = try gguf.checked(gguf.eosID, "eos_token_id") ?? stages.eosID
    stages.paddingID = try gguf.checked(gguf.paddingID, "padding_token_id")
    if let adds = gguf.addsBOS { stages.postProcessor.prefix = adds ? [stages.bosID].compactMap { $0 } : [] }
    if let adds = gguf.addsEOS { stages.postProcessor.suffix = adds ? [stages.eosID].compactMap { $0 } : [] }
    self.init(stages: stages)
  }

  private static func vocabulary(_ gguf: GGUFTokenizerDescription) throws(TokenizerError) -> Vocabulary {
    var vocabulary = Vocabulary(capacity: gguf.tokens.count)
    for (id, token) in gguf.tokens.enumerated() {
      let bytes = Array(token.utf8)
      // Of equal tokens the first keeps the text; the others are padding.
      guard vocabulary.id(of: bytes) < 0 else { continue }
      try vocabulary.insert(bytes, id: id, path: "tokenizer.ggml.tokens")
    }
    return vocabulary
  }

  private static func byteLevelStages(_ gguf: GGUFTokenizerDescription) throws(TokenizerError)
    -> TokenizerStages
  {
    let kind = try GGUFWordKind(name: gguf.preTokenizer ?? "default")
    let vocabulary = try vocabulary(gguf)
    var reader = MergeReader(vocabulary: vocabulary)
    try reader.read(gguf.merges, path: "tokenizer.ggml.merges")
    var options = BytePairModel.Options()
    options.ignoresMerges = kind.ignoresMerges
    let model = BytePairModel(
      vocabulary: vocabulary, pairs: reader.pairs, options: options, isByteLevel: true,
      mergedTokens: reader.mergedTokens)
    var stages = TokenizerStages(
      addedTokens: AddedTokens(gguf.addedTokens, normalizer: kind.normalizer), normalizer: kind.normalizer,
      preTokenizer: kind.preTokenizer, model: .bytePair(model))
    if gguf.addsSpacePrefix == true {
      stages.preTokenizer = .sequence([
        .byteLevel(addsPrefixSpace: true, usesPattern: false), kind.preTokenizer,
      ])
    }
    stages.decoder = .byteLevel
    if kind.addsBOS { stages.postProcessor.prefix = [gguf.bosID].compactMap { $0 } }
    return stages
  }

  private static func sentencePieceStages(_ gguf: GGUFTokenizerDescription) throws(TokenizerError)
    -> TokenizerStages
  {
    let vocabulary = try vocabulary(gguf)
    guard gguf.scores.count == gguf.tokens.count else {
      throw TokenizerError(
        .field, at: "tokenizer.ggml.scores",
        "expected \(gguf.tokens.count) scores, found \(gguf.scores.count)")
    }
    var options = BytePairModel.Options()
    options.unknownID = Int32(try gguf.checked(gguf.unknownID ?? 0, "unknown_token_id") ?? 0)
    options.fallsBackToBytes = true
    options.fusesUnknown = true
    let merges = ScoredMerges(gguf, vocabulary: vocabulary)
    let model = BytePairModel(
      vocabulary: vocabulary, pairs: merges.pairs, options: options, isByteLevel: false,
      mergedTokens: merges.mergedTokens)
    let mark = BytePairModel.spaceMark
    let toMarks = Normalizer.replace(.literal([0x20]), with: mark)
    let addsSpace = gguf.addsSpacePrefix ?? true
    let normalizer = addsSpace ? Normalizer.sequence([.prepend(mark), toMarks]) : toMarks
    var stages = TokenizerStages(
      addedTokens: AddedTokens(gguf.addedTokens, normalizer: nil), normalizer: normalizer,
      model: .bytePair(model))
    let toSpaces = Decoder.replace(.literal(mark), with: [0x20])
    stages.decoder = .sequence(
      [toSpaces, .byteFallback, .fuse] + (addsSpace ? [.strip(" ", start: 1, stop: 0)] : []))
    stages.bosID = gguf.bosID ?? 1
    stages.eosID = gguf.eosID ?? 2
    stages.postProcessor.prefix = [stages.bosID].compactMap { $0 }
    return stages
  }
}
