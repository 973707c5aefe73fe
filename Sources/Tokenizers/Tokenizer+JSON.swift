extension Tokenizer {
  /// Reads a tokenizer.json of the Hugging Face library `tokenizers`.
  ///
  /// - Parameters:
  ///   - json: The contents of the file.
  ///   - configuration: The tokenizer_config.json beside it, which names the tokens that start and end a
  ///     text and may ask for them to be added.
  /// - Throws: `TokenizerError` with the JSON path of what is wrong or not supported.
  public convenience init(json: [UInt8], configuration: TokenizerConfig? = nil) throws(TokenizerError) {
    let root = try JSONDocument(json, name: "tokenizer.json").root
    guard root.kind == .object else { throw root.mismatch("an object") }
    let normalizer = try root["normalizer"].map { node throws(TokenizerError) in try Normalizer(json: node) }
    let split = try root["pre_tokenizer"].map { node throws(TokenizerError) in try PreTokenizer.read(node) }
    let model = try Model(json: root.required("model"), isByteLevel: split?.isByteLevel ?? false)
    let tokens = try Self.addedTokens(root["added_tokens"], vocabulary: model.vocabulary)
    var stages = TokenizerStages(
      addedTokens: AddedTokens(tokens, normalizer: normalizer), normalizer: normalizer,
      preTokenizer: split?.stage, model: model)
    if split?.isByteLevel == true, !model.takesRawBytes {
      stages.preTokenizer = .sequence([split?.stage, .byteAlphabet].compactMap { $0 })
    }
    stages.decoder = try root["decoder"].map { node throws(TokenizerError) in try Decoder(json: node) }
    if let node = root["post_processor"] { stages.postProcessor = try PostProcessor(json: node) }
    if let configuration { stages.apply(configuration, isBare: root["post_processor"] == nil) }
    self.init(stages: stages)
  }

  private static func addedTokens(
    _ json: JSONNode?, vocabulary: Vocabulary
  ) throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for node in json?.elements ?? [] {
      let token = try AddedToken(json: node)
      // The vocabulary's id counts where the two disagree, as it does for the reference.
      let id = vocabulary.id(of: token.content)
      tokens.append(id >= 0 && Int(id) != token.id ? token.renumbered(Int(id)) : token)
    }
    return tokens
  }
}

extension AddedToken {
  fileprivate func renumbered(_ id: Int) -> AddedToken {
    AddedToken(
      id: id, content: content, isSpecial: isSpecial, isSingleWord: isSingleWord, stripsLeft: stripsLeft,
      stripsRight: stripsRight, isNormalized: isNormalized)
  }
}

extension TokenizerStages {
  /// Takes over what a tokenizer_config.json says.
  ///
  /// - Parameter isBare: Whether the tokenizer.json has no post-processor, in which case the configuration's
  ///   wishes count even where they are the defaults.
  mutating func apply(_ configuration: TokenizerConfig, isBare: Bool) {
    func id(_ token: String?) -> Int? {
      guard let token else { return nil }
      if let id = addedTokens.id(of: token) { return id }
      let id = model.vocabulary.id(of: token)
      return id >= 0 ? Int(id) : nil
    }
    bosID = id(configuration.bosToken)
    eosID = id(configuration.eosToken)
    paddingID = id(configuration.paddingToken)
    guard isBare || configuration.addsBOS != nil || configuration.addsEOS != nil else { return }
    postProcessor = PostProcessor(
      prefix: configuration.addsBOS == true ? [bosID].compactMap { $0 } : [],
      suffix: configuration.addsEOS == true ? [eosID].compactMap { $0 } : [])
  }
}
