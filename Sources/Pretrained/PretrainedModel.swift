import Checkpoints
public import Layers
public import Models
public import Tokenizers
public import Torch

/// A model on disk as one thing: architecture, weights, tokenizer, chat template and generation defaults.
///
/// Each part is read when it is asked for: the tokenizer does not wait for the weights.
public struct PretrainedModel {
  /// The folder or file.
  public let location: ModelLocation

  /// Opens the model at `path`: a Hugging Face folder or a `.gguf` file.
  ///
  /// - Throws: `FileSystemError`, `FileFormatError`.
  public init(path: String) throws {
    location = try ModelLocation(path: path)
  }

  /// Builds the model and gives its parameters their values.
  ///
  /// - Parameters:
  ///   - dtype: the dtype of the parameters.
  ///   - seed: the seed of the random weights of a folder without any.
  ///   - sharesFilePages: let parameters that need no conversion stay in the file's pages; for models that are
  ///     only read.
  /// - Throws: `ModelError`, `WeightError`, `FileFormatError`, `TorchError`.
  public func model(dtype: DType = .float32, seed: UInt64 = 0, sharesFilePages: Bool = false) throws
    -> CausalLanguageModel
  {
    let (model, initializer) = try declaration(dtype: dtype, seed: seed, sharesFilePages: sharesFilePages)
    if initializer is SeededInitializer { try model.checkMemory(dtype: dtype) }
    try model.materialize(with: initializer)
    return model
  }

  /// The model without values, and what gives it those of its files, one parameter after another: for engines that
  /// keep only a part of each. Names and shapes have been compared.
  ///
  /// - Throws: as ``model(dtype:seed:sharesFilePages:)``.
  public func declaration(dtype: DType, seed: UInt64 = 0, sharesFilePages: Bool = false) throws
    -> (model: CausalLanguageModel, initializer: any Initializer)
  {
    switch location {
    case .folder(let folder):
      let model = try declaredModel(folder)
      guard let source = try folder.weightSource() else { return (model, SeededInitializer(seed: seed, dtype: dtype)) }
      return (model, try initializer(model, source, model.weightMap, dtype: dtype, sharesFilePages: sharesFilePages))
    case .gguf(let file):
      let model = try declaredModel(file)
      return (model, try initializer(model, file, model.ggufWeightMap, dtype: dtype, sharesFilePages: sharesFilePages))
    }
  }

  /// The model without values, for those who only need its shape and names.
  ///
  /// - Throws: `ModelError`, `FileFormatError`.
  public func declaredModel() throws -> CausalLanguageModel {
    switch location {
    case .folder(let folder): try declaredModel(folder)
    case .gguf(let file): try declaredModel(file)
    }
  }

  private func initializer(
    _ model: CausalLanguageModel, _ source: any WeightSource, _ map: WeightMap, dtype: DType, sharesFilePages: Bool
  ) throws -> WeightSourceInitializer {
    let initializer = WeightSourceInitializer(source, map: map, dtype: dtype, sharesFilePages: sharesFilePages)
    try initializer.check(model)
    return initializer
  }

  private func declaredModel(_ folder: HuggingFaceFolder) throws -> CausalLanguageModel {
    let file = folder.filePath(.configuration)
    let object = try [String: ConfigurationValue](
      json: try folder.jsonContents(of: .configuration) ?? [], file: file)
    return try ModelFactory.model(object, file: file)
  }

  private func declaredModel(_ file: GGUFFile) throws -> LlamaModel {
    let divisors = try file.tensor(named: "rope_freqs.weight")?.array(of: Double.self)
    let vocabulary = file.entry(named: "token_embd.weight")?.shape.first ?? 0
    return try ModelFactory.model(
      gguf: file.header.metadata.compactMapValues(ConfigurationValue.init(gguf:)),
      tensors: .init(names: Set(file.names), rotaryDivisors: divisors, vocabularySize: vocabulary), file: file.location)
  }

  /// The tokenizer.
  ///
  /// - Throws: `TokenizerError`, `FileFormatError`, ``PretrainedError/noTokenizer(path:)``.
  public func tokenizer() throws -> Tokenizer {
    switch location {
    case .folder(let folder):
      guard let json = try folder.contents(of: .tokenizer) else {
        throw PretrainedError.noTokenizer(path: folder.path)
      }
      do {
        return try Tokenizer(json: json, configuration: try tokenizerConfiguration(folder))
      } catch let error as TokenizerError {
        throw PretrainedError.tokenizer(path: folder.path, reason: "\(error)")
      }
    case .gguf(let file):
      do {
        return try Tokenizer(gguf: GGUFTokenizerDescription(try file.tokenizerMetadata()))
      } catch let error as TokenizerError {
        throw PretrainedError.tokenizer(path: file.location, reason: "\(error)")
      }
    }
  }

  private func tokenizerConfiguration(_ folder: HuggingFaceFolder) throws -> TokenizerConfig? {
    try folder.contents(of: .tokenizerConfiguration).map { try TokenizerConfig(json: $0) }
  }

  /// The text of the chat template and the tokens that it may name; nil when the model has none.
  ///
  /// - Throws: `TokenizerError`, `FileFormatError`.
  public func chatTemplate() throws -> (text: String, tokens: [String: String])? {
    switch location {
    case .folder(let folder):
      let configuration = try tokenizerConfiguration(folder)
      let tokens = configuration?.namedTokens ?? [:]
      if let file = try folder.contents(of: .chatTemplate) { return (String(decoding: file, as: UTF8.self), tokens) }
      return configuration?.chatTemplate().map { ($0, tokens) }
    case .gguf(let file):
      let metadata = try file.tokenizerMetadata()
      var tokens: [String: String] = [:]
      if let id = metadata.beginToken, metadata.tokens.indices.contains(id) { tokens["bos_token"] = metadata.tokens[id] }
      if let id = metadata.endToken, metadata.tokens.indices.contains(id) { tokens["eos_token"] = metadata.tokens[id] }
      return metadata.chatTemplate.map { ($0, tokens) }
    }
  }

  /// The files of the tokenizer, as they go beside exported weights; those of a GGUF file are made from its metadata.
  ///
  /// - Throws: `FileSystemError`, `FileFormatError`, `TokenizerError`.
  public func tokenizerFiles() throws -> [(name: String, contents: [UInt8])] {
    switch location {
    case .folder(let folder): try folder.tokenizerFiles()
    case .gguf(let file): try GGUFTokenizerExport(try file.tokenizerMetadata(), file: file.location).files()
    }
  }

  /// The tokens that end a generated text, from `generation_config.json`, `config.json` or the tokenizer.
  ///
  /// - Throws: `ModelError`, `FileFormatError`.
  public func endTokens(tokenizer: Tokenizer?) throws -> Set<Int> {
    if case .folder(let folder) = location {
      for file in [HuggingFaceFolder.File.generationConfiguration, .configuration] {
        guard let json = try folder.contents(of: file) else { continue }
        let object = try [String: ConfigurationValue](json: json, file: folder.filePath(file))
        switch object["eos_token_id"] {
        case .integer(let id): return [id]
        case .array(let ids):
          return Set(ids.compactMap { if case .integer(let id) = $0 { id } else { nil } })
        default: continue
        }
      }
    }
    return Set([tokenizer?.eosID].compactMap { $0 })
  }
}

/// What is missing in a model folder that a task needs.
public enum PretrainedError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The folder has no `tokenizer.json`.
  case noTokenizer(path: String)
  /// The tokenizer's files are not as they must be.
  case tokenizer(path: String, reason: String)
  /// The model has no chat template.
  case noChatTemplate(path: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .noTokenizer(let path):
      "\(path): there is no tokenizer.json; save the tokenizer beside the model (save_pretrained), or give token arrays (.npy) as data"
    case .tokenizer(let path, let reason): "\(path): \(reason)"
    case .noChatTemplate(let path):
      "\(path): the model has no chat template (tokenizer_config.json, chat_template.jinja); use deepspeed generate, or a chat model"
    }
  }
}

extension ConfigurationValue {
  /// A scalar of a GGUF file; nil for arrays, which no configuration needs.
  init?(gguf value: GGUFValue) {
    switch value {
    case .unsigned, .signed:
      guard let integer = value.integer else { return nil }
      self = .integer(integer)
    case .float(let number): self = .number(Double(number))
    case .double(let number): self = .number(number)
    case .boolean(let flag): self = .boolean(flag)
    case .text(let text): self = .string(text)
    case .array: return nil
    }
  }
}

extension GGUFTokenizerDescription {
  /// What the file's reader found, as the tokenizer wants it.
  init(_ metadata: GGUFTokenizerMetadata) {
    self.init(
      model: metadata.model, tokens: metadata.tokens, merges: metadata.merges ?? [], scores: metadata.scores ?? [],
      tokenTypes: (metadata.tokenTypes ?? []).map(Int.init))
    preTokenizer = metadata.preTokenizer
    bosID = metadata.beginToken
    eosID = metadata.endToken
    unknownID = metadata.unknownToken
    paddingID = metadata.paddingToken
    addsBOS = metadata.addsBeginToken
    addsEOS = metadata.addsEndToken
    addsSpacePrefix = metadata.addsSpacePrefix
    chatTemplate = metadata.chatTemplate
  }
}
