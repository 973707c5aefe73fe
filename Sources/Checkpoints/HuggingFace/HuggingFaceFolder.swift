/// A model folder in the layout of the Hugging Face libraries: what is in it, found and checked, not
/// interpreted.
public struct HuggingFaceFolder: Sendable {
  /// The files of a folder that are not weights.
  public enum File: String, Sendable, CaseIterable {
    /// The model's architecture and sizes; the one file that every folder must have.
    case configuration = "config.json"
    /// Defaults of generation: end tokens, temperature and the like.
    case generationConfiguration = "generation_config.json"
    /// The whole tokenizer: vocabulary, merges, pre-tokenizer, decoder, special tokens.
    case tokenizer = "tokenizer.json"
    /// Which tokens begin and end a text, and in many models the chat template.
    case tokenizerConfiguration = "tokenizer_config.json"
    /// The Jinja template of a conversation, where it is a file of its own.
    case chatTemplate = "chat_template.jinja"
    /// The texts of the tokens for begin, end, padding and unknown.
    case specialTokens = "special_tokens_map.json"
    /// Tokens beyond the vocabulary, with their ids, in older folders.
    case addedTokens = "added_tokens.json"
    /// Token texts and ids of a byte-level BPE, in older folders.
    case vocabulary = "vocab.json"
    /// The merges of a byte-level BPE, first the ones that come first, in older folders.
    case merges = "merges.txt"
    /// A SentencePiece model; kept and copied, not read.
    case sentencePiece = "tokenizer.model"

    /// True for the files that belong to the tokenizer and go along when a model is written.
    public var isTokenizerFile: Bool { self != .configuration && self != .generationConfiguration }
  }

  /// How the weights are stored.
  public enum Weights: Sendable, Equatable {
    /// One `model.safetensors`.
    case single
    /// An index and its shards.
    case sharded
    /// None: the model starts from random weights.
    case none
  }

  /// The folder's path.
  public let path: String
  /// How the weights are stored.
  public let weights: Weights

  /// Looks into a folder.
  ///
  /// - Parameter path: the folder.
  /// - Throws: `FileSystemError` if it is no folder; `FileFormatError` if it has no `config.json`, or weights
  ///   only in a format that is not read.
  public init(path: String) throws {
    let names = Set(try FileSystem.names(in: path))
    guard names.contains(File.configuration.rawValue) else {
      throw FileFormatError(
        .missing, file: path, item: File.configuration.rawValue, found: "no such file",
        expected: "a Hugging Face model folder with config.json, or a .gguf file")
    }
    self.path = path
    weights = try Self.weights(names, path: path)
  }

  private static func weights(_ names: Set<String>, path: String) throws -> Weights {
    if names.contains(SafeTensorsFormat.indexFileName) { return .sharded }
    if names.contains(SafeTensorsFormat.singleFileName) { return .single }
    // Starting from random weights although some are there would waste a whole training.
    let strangers = names.filter { name in
      [".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf"].contains { name.hasSuffix($0) }
        && !name.hasPrefix("training_args")
    }
    guard let stranger = strangers.min() else { return .none }
    let isShard = stranger.hasSuffix(".safetensors")
    throw FileFormatError(
      isShard ? .missing : .unsupported, file: path, item: stranger,
      found: isShard
        ? "safetensors without \(SafeTensorsFormat.indexFileName)"
        : "weights in a format that is not read from folders",
      expected: "\(SafeTensorsFormat.singleFileName), or shards with \(SafeTensorsFormat.indexFileName)"
        + (isShard ? "; complete the download" : "; convert the model with save_pretrained"))
  }

  /// The content of a file, nil if the folder does not have it.
  ///
  /// - Throws: `FileSystemError` if it cannot be read.
  public func contents(of file: File) throws -> [UInt8]? {
    let path = filePath(file)
    guard FileSystem.entry(at: path) == .file else { return nil }
    return try FileSystem.read(path)
  }

  /// The content of a JSON file, nil if the folder does not have it.
  ///
  /// - Throws: `FileSystemError` if it cannot be read, `FileFormatError` with line and column if it is not JSON.
  public func jsonContents(of file: File) throws -> [UInt8]? {
    guard let content = try contents(of: file) else { return nil }
    _ = try JSONReader.read(content, file: filePath(file))
    return content
  }

  /// Where a file of the folder is, whether or not it exists.
  public func filePath(_ file: File) -> String {
    FileSystem.join(path, file.rawValue)
  }

  /// The weights, memory-mapped; nil if the folder has none.
  ///
  /// - Throws: `FileFormatError` naming all missing shards or what is wrong with a file; `FileSystemError`.
  public func weightSource() throws -> SafeTensorsFolder? {
    weights == .none ? nil : try SafeTensorsFolder(folder: path)
  }

  /// Name and content of the tokenizer's files.
  ///
  /// - Throws: `FileSystemError` if one cannot be read.
  public func tokenizerFiles() throws -> [(name: String, contents: [UInt8])] {
    try File.allCases.filter(\.isTokenizerFile).compactMap { file in
      try contents(of: file).map { (file.rawValue, $0) }
    }
  }
}
