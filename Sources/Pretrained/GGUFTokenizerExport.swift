import Checkpoints
import Models

/// Writes the tokenizer of a GGUF file as `tokenizer.json` and `tokenizer_config.json`.
///
/// Byte-level tokenizers (`tokenizer.ggml.model` "gpt2") have one form in both worlds: vocabulary, merges and the
/// way text is cut into words.
struct GGUFTokenizerExport {
  private typealias Value = ConfigurationValue
  private let metadata: GGUFTokenizerMetadata
  private let file: String

  /// - Throws: ``PretrainedError/tokenizerNotExportable(path:kind:)`` for a kind that has no such form here.
  init(_ metadata: GGUFTokenizerMetadata, file: String) throws {
    guard metadata.model == "gpt2", metadata.merges != nil else {
      throw PretrainedError.tokenizerNotExportable(path: file, kind: metadata.model)
    }
    self.metadata = metadata
    self.file = file
  }

  func files() throws -> [(name: String, contents: [UInt8])] {
    [
      (HuggingFaceFolder.File.tokenizer.rawValue, Array(try tokenizer().jsonText().utf8)),
      (HuggingFaceFolder.File.tokenizerConfiguration.rawValue, Array(try configuration().jsonText().utf8)),
    ]
  }

  private func tokenizer() throws -> [String: ConfigurationValue] {
    var vocabulary: [String: Value] = [:]
    for (id, token) in metadata.tokens.enumerated() where vocabulary[token] == nil { vocabulary[token] = .integer(id) }
    let byteLevel: [String: Value] = [
      "type": .string("ByteLevel"), "add_prefix_space": .boolean(false), "trim_offsets": .boolean(true),
      "use_regex": .boolean(true),
    ]
    return [
      "version": .string("1.0"), "truncation": .null, "padding": .null, "normalizer": .null,
      "added_tokens": .array(addedTokens()),
      "pre_tokenizer": .object(["type": .string("Sequence"), "pretokenizers": .array(try wordCutting(byteLevel))]),
      "post_processor": .object(byteLevel), "decoder": .object(byteLevel),
      "model": .object([
        "type": .string("BPE"), "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null, "fuse_unk": .boolean(false), "byte_fallback": .boolean(false),
        "ignore_merges": .boolean(metadata.preTokenizer == "llama-bpe"), "vocab": .object(vocabulary),
        "merges": .array((metadata.merges ?? []).map { .string($0) }),
      ]),
    ]
  }

  /// Control tokens (type 3) are special; tokens of the user (type 4) are only found first.
  private func addedTokens() -> [Value] {
    let types = metadata.tokenTypes ?? []
    return types.indices.filter { types[$0] == 3 || types[$0] == 4 }.map { id in
      .object([
        "id": .integer(id), "content": .string(metadata.tokens[id]), "special": .boolean(types[id] == 3),
        "single_word": .boolean(false), "lstrip": .boolean(false), "rstrip": .boolean(false),
        "normalized": .boolean(false),
      ])
    }
  }

  /// How text becomes words before merging, by the name that GGUF files give it.
  private func wordCutting(_ byteLevel: [String: Value]) throws -> [Value] {
    switch metadata.preTokenizer ?? "gpt-2" {
    case "gpt-2", "default": return [.object(byteLevel)]
    case "smollm":
      return [.object(["type": .string("Digits"), "individual_digits": .boolean(true)]), .object(byteLevel)]
    case "llama-bpe", "llama3", "llama-v3": return split(GGUFTokenizerExport.digitTriples, byteLevel)
    case "qwen2": return split(GGUFTokenizerExport.singleDigits, byteLevel)
    case let other: throw PretrainedError.tokenizerNotExportable(path: file, kind: other)
    }
  }

  private func split(_ digits: String, _ byteLevel: [String: Value]) -> [Value] {
    let pattern =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\(digits)| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    var bytesOnly = byteLevel
    bytesOnly["use_regex"] = .boolean(false)
    return [
      .object([
        "type": .string("Split"), "pattern": .object(["Regex": .string(pattern)]), "behavior": .string("Isolated"),
        "invert": .boolean(false),
      ]), .object(bytesOnly),
    ]
  }

  private static let digitTriples = "\\p{N}{1,3}"
  private static let singleDigits = "\\p{N}"

  private func configuration() -> [String: ConfigurationValue] {
    var result: [String: Value] = [
      "tokenizer_class": .string("PreTrainedTokenizerFast"), "clean_up_tokenization_spaces": .boolean(false),
    ]
    for (key, id) in [
      ("bos_token", metadata.beginToken), ("eos_token", metadata.endToken), ("pad_token", metadata.paddingToken),
    ] {
      if let id, metadata.tokens.indices.contains(id) { result[key] = .string(metadata.tokens[id]) }
    }
    if let template = metadata.chatTemplate { result["chat_template"] = .string(template) }
    return result
  }
}
