/// Writes the tokenizer of a GGUF file as the files that the Hugging Face libraries load.
///
/// Byte-level vocabularies keep their merges; the merges of a SentencePiece vocabulary are all ways of
/// cutting a token into two tokens, the token of the highest score first (Kudo and Richardson 2018, arXiv
/// 1808.06226, section 3).
public struct GGUFTokenizerExport: Sendable {
  /// The tokenizer.
  public let metadata: GGUFTokenizerMetadata
  /// The path that errors name.
  public let file: String

  /// An export of this tokenizer.
  public init(_ metadata: GGUFTokenizerMetadata, file: String) {
    self.metadata = metadata
    self.file = file
  }

  /// Name and content of `tokenizer.json` and `tokenizer_config.json`.
  ///
  /// - Throws: `FileFormatError` of kind `unsupported` for kinds of tokenizers that this cannot write.
  public func files() throws -> [(name: String, contents: [UInt8])] {
    [
      (HuggingFaceFolder.File.tokenizer.rawValue, Array((try tokenizer().text() + "\n").utf8)),
      (
        HuggingFaceFolder.File.tokenizerConfiguration.rawValue,
        Array((configuration().text(indented: true) + "\n").utf8)
      ),
    ]
  }

  /// The content of `generation_config.json`: which tokens begin, end and fill.
  public func generationConfiguration() -> String {
    let ids = [
      ("bos_token_id", metadata.beginToken), ("eos_token_id", metadata.endToken),
      ("pad_token_id", metadata.paddingToken ?? metadata.endToken),
    ]
    let entries = ids.compactMap { key, id in id.map { (key: key, value: JSONValue.integer($0)) } }
    return JSONValue.object(entries).text(indented: true) + "\n"
  }

  private func configuration() -> JSONValue {
    var entries: [(key: String, value: JSONValue)] = [("tokenizer_class", .string("PreTrainedTokenizerFast"))]
    let named = [
      ("bos_token", metadata.beginToken), ("eos_token", metadata.endToken),
      ("unk_token", metadata.unknownToken),
      ("pad_token", metadata.paddingToken),
    ]
    for (key, id) in named {
      if let id { entries.append((key, .string(metadata.tokens[id]))) }
    }
    entries.append(("clean_up_tokenization_spaces", .boolean(false)))
    if let template = metadata.chatTemplate { entries.append(("chat_template", .string(template))) }
    return .object(entries)
  }

  private func tokenizer() throws -> JSONValue {
    let stages: GGUFTokenizerStages
    switch metadata.model {
    case "gpt2": stages = try GGUFTokenizerStages(byteLevel: metadata.preTokenizer ?? "default", file: file)
    case "llama": stages = GGUFTokenizerStages(sentencePieceWithSpace: metadata.addsSpacePrefix ?? true)
    default:
      throw FileFormatError(
        .unsupported, file: file, item: "key 'tokenizer.ggml.model'", found: "'\(metadata.model)'",
        expected: "gpt2 or llama; copy the model's own tokenizer.json")
    }
    let addsBegin = metadata.addsBeginToken ?? stages.addsBeginToken
    return .object([
      ("version", .string("1.0")), ("truncation", .null), ("padding", .null), ("added_tokens", addedTokens()),
      ("normalizer", stages.normalizer), ("pre_tokenizer", stages.preTokenizer),
      ("post_processor", postProcessor(addsBegin: addsBegin, addsEnd: metadata.addsEndToken ?? false)),
      ("decoder", stages.decoder), ("model", model(stages)),
    ])
  }

  private func type(of id: Int) -> Int32 { metadata.tokenTypes?[id] ?? 1 }

  private func addedTokens() -> JSONValue {
    let added = metadata.tokens.indices.filter { [2, 3, 4].contains(type(of: $0)) }
    return .array(
      added.map { id in
        .object([
          ("id", .integer(id)), ("content", .string(metadata.tokens[id])), ("single_word", .boolean(false)),
          ("lstrip", .boolean(false)), ("rstrip", .boolean(false)), ("normalized", .boolean(false)),
          ("special", .boolean(type(of: id) != 4)),
        ])
      })
  }

  private func postProcessor(addsBegin: Bool, addsEnd: Bool) -> JSONValue {
    let begin = addsBegin ? metadata.beginToken : nil
    let end = addsEnd ? metadata.endToken : nil
    if begin == nil, end == nil { return .null }
    func special(_ id: Int?) -> [JSONValue] {
      guard let id else { return [] }
      return [
        .object([("SpecialToken", .object([("id", .string(metadata.tokens[id])), ("type_id", .integer(0))]))])
      ]
    }
    func sequence(_ name: String) -> [JSONValue] {
      special(begin) + [.object([("Sequence", .object([("id", .string(name)), ("type_id", .integer(0))]))])]
        + special(end)
    }
    let used = Set([begin, end].compactMap { $0 }).sorted().map { id in
      let token = metadata.tokens[id]
      return (
        key: token,
        value: JSONValue.object([
          ("id", .string(token)), ("ids", .array([.integer(id)])), ("tokens", .array([.string(token)])),
        ])
      )
    }
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array(sequence("A"))),
      ("pair", .array(sequence("A") + sequence("B"))), ("special_tokens", .object(used)),
    ])
  }

  private func model(_ stages: GGUFTokenizerStages) -> JSONValue {
    var seen: Set<String> = []
    var vocabulary: [(key: String, value: JSONValue)] = []
    // Of equal tokens the first keeps the text; the others are padding.
    for (id, token) in metadata.tokens.enumerated() where seen.insert(token).inserted {
      vocabulary.append((token, .integer(id)))
    }
    let merges = stages.isByteLevel ? (metadata.merges ?? []).map(Self.parts) : scoredMerges()
    let unknown = stages.isByteLevel ? nil : metadata.tokens[metadata.unknownToken ?? 0]
    return .object([
      ("type", .string("BPE")), ("dropout", .null), ("unk_token", unknown.map { .string($0) } ?? .null),
      ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null),
      ("fuse_unk", .boolean(!stages.isByteLevel)),
      ("byte_fallback", .boolean(!stages.isByteLevel)), ("ignore_merges", .boolean(stages.ignoresMerges)),
      ("vocab", .object(vocabulary)),
      ("merges", .array(merges.map { .array([.string($0.0), .string($0.1)]) })),
    ])
  }

  /// A merge's two tokens; the space between them is the first that has something before it.
  private static func parts(_ merge: String) -> (String, String) {
    guard let space = merge.dropFirst().firstIndex(of: " ") else { return (merge, "") }
    return (String(merge[..<space]), String(merge[merge.index(after: space)...]))
  }

  private func scoredMerges() -> [(String, String)] {
    var ids: [String: Int] = [:]
    for (id, token) in metadata.tokens.enumerated()
    where ids[token] == nil && ![2, 3, 6].contains(type(of: id)) {
      ids[token] = id
    }
    var merges: [(left: Int, right: Int, token: Int)] = []
    for (token, id) in ids {
      for cut in token.unicodeScalars.indices.dropFirst() {
        guard let left = ids[String(token.unicodeScalars[..<cut])],
          let right = ids[String(token.unicodeScalars[cut...])]
        else { continue }
        merges.append((left, right, id))
      }
    }
    let scores = metadata.scores ?? [Float](repeating: 0, count: metadata.tokens.count)
    func score(_ token: Int) -> Float { scores[token].isNaN ? -.infinity : scores[token] }
    merges.sort { (score($1.token), $0.left, $0.right) < (score($0.token), $1.left, $1.right) }
    return merges.map { (metadata.tokens[$0.left], metadata.tokens[$0.right]) }
  }
}
