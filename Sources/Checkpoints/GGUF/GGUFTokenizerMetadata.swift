/// What a GGUF file tells about its tokenizer, as plain values.
public struct GGUFTokenizerMetadata: Sendable, Equatable {
  /// The kind: `gpt2` for byte-level BPE, `llama` for SentencePiece-style BPE with scores.
  public var model: String
  /// The name of the way a text is cut before merging, such as `smollm` or `llama-bpe`.
  public var preTokenizer: String?
  /// The tokens; a token's id is its place.
  public var tokens: [String]
  /// The score of each token, for `llama`.
  public var scores: [Float]?
  /// The type of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
  public var tokenTypes: [Int32]?
  /// The merges in order, two parts with a space between, for `gpt2`.
  public var merges: [String]?
  /// The token that begins a text.
  public var beginToken: Int?
  /// The token that ends a text.
  public var endToken: Int?
  /// The token for what cannot be encoded.
  public var unknownToken: Int?
  /// The token that fills rows.
  public var paddingToken: Int?
  /// True when encoding puts the begin token in front; nil when the file does not tell.
  public var addsBeginToken: Bool?
  /// True when encoding puts the end token behind; nil when the file does not tell.
  public var addsEndToken: Bool?
  /// True when encoding puts a space in front; nil when the file does not tell.
  public var addsSpacePrefix: Bool?
  /// The chat template, in the Jinja language.
  public var chatTemplate: String?
}

extension GGUFFile {
  /// The tokenizer of the file.
  ///
  /// - Throws: `FileFormatError` if there is none, or if its arrays do not fit together.
  public func tokenizerMetadata() throws -> GGUFTokenizerMetadata {
    func fault(_ key: String, _ found: String, _ expected: String) -> FileFormatError {
      FileFormatError(
        .malformed, file: location, item: "key 'tokenizer.\(key)'", found: found, expected: expected)
    }
    guard case .text(let model) = header.metadata["tokenizer.ggml.model"],
      let tokens = try texts("tokenizer.ggml.tokens")
    else {
      throw FileFormatError(
        .missing, file: location, item: "key 'tokenizer.ggml.tokens'", found: "no tokenizer",
        expected: "tokenizer.ggml.model and tokenizer.ggml.tokens")
    }
    let scores = try floats("tokenizer.ggml.scores")
    let types = try integers("tokenizer.ggml.token_type")
    for (key, count) in [("ggml.scores", scores?.count), ("ggml.token_type", types?.count)] {
      guard count ?? tokens.count == tokens.count else {
        throw fault(key, "\(count ?? 0) elements", "one for each of the \(tokens.count) tokens")
      }
    }
    func token(_ key: String) throws -> Int? {
      guard let value = header.metadata["tokenizer.ggml.\(key)"] else { return nil }
      guard let id = value.integer, tokens.indices.contains(id) else {
        throw fault("ggml.\(key)", value.kindName, "a token id from 0 to \(tokens.count - 1)")
      }
      return id
    }
    func flag(_ key: String) throws -> Bool? {
      guard let value = header.metadata["tokenizer.ggml.\(key)"] else { return nil }
      guard case .boolean(let flag) = value else {
        throw fault("ggml.\(key)", value.kindName, "true or false")
      }
      return flag
    }
    func text(_ key: String) throws -> String? {
      guard let value = header.metadata["tokenizer.\(key)"] else { return nil }
      guard case .text(let text) = value else { throw fault(key, value.kindName, "a text") }
      return text
    }
    return GGUFTokenizerMetadata(
      model: model, preTokenizer: try text("ggml.pre"), tokens: tokens, scores: scores, tokenTypes: types,
      merges: try texts("tokenizer.ggml.merges"), beginToken: try token("bos_token_id"),
      endToken: try token("eos_token_id"), unknownToken: try token("unknown_token_id"),
      paddingToken: try token("padding_token_id"), addsBeginToken: try flag("add_bos_token"),
      addsEndToken: try flag("add_eos_token"), addsSpacePrefix: try flag("add_space_prefix"),
      chatTemplate: try text("chat_template"))
  }
}
