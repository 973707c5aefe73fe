import Glibc

/// A folder of one test with the tiny things that a run needs; it goes when the test ends.
final class Workspace: Sendable {
  let folder: String

  init() throws {
    var template = Array("/tmp/deepspeed-cli-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFile.Failure(path: "/tmp", code: errno) }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { TestFile.remove(folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try TestFile.write(bytes, to: path(name))
    return path(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  func makeFolder(_ name: String) -> String {
    TestFile.makeFolder(path(name))
    return path(name)
  }

  func run(_ invocation: Invocation) throws -> Outcome { try Tool.run(invocation, in: folder) }

  func run(_ arguments: String...) throws -> Outcome { try run(Invocation(arguments)) }

  // MARK: Models

  /// A Llama of 27 thousand parameters, as JSON values.
  static let shape = [
    "model_type": "\"llama\"", "vocab_size": "128", "hidden_size": "32", "intermediate_size": "64",
    "num_hidden_layers": "2", "num_attention_heads": "4", "num_key_value_heads": "2",
    "max_position_embeddings": "64", "rms_norm_eps": "1e-5", "rope_theta": "10000.0",
    "tie_word_embeddings": "false", "bos_token_id": "0", "eos_token_id": "1",
  ]

  /// A folder with only config.json: the weights are random, the same for the same seed.
  func model(_ changes: [String: String?] = [:], name: String = "model") throws -> String {
    var values: [String: String?] = Self.shape
    values.merge(changes) { $1 }
    let lines = values.compactMap { key, value in value.map { "\"\(key)\": \($0)" } }.sorted()
    try write("\(name)/config.json", "{\(lines.joined(separator: ", "))}")
    return path(name)
  }

  /// A model with a tokenizer of one token a byte.
  func talkingModel(tokenizer: String = ByteTokenizer.json, changes: [String: String?] = [:]) throws -> String
  {
    let folder = try model(["vocab_size": "300"].merging(changes) { $1 }, name: "talking")
    try write("talking/tokenizer.json", tokenizer)
    return folder
  }

  // MARK: Data

  /// 32 rows of 17 tokens below 128.
  func data() throws -> String { try write("data.npy", NumpyImage(tokens: NumpyImage.tokens).bytes) }

  func text() throws -> String {
    try write("text.txt", String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 60))
  }

  // MARK: Configs

  /// A config of two rows a step in f32; `extra` holds further keys.
  func config(
    _ extra: String = "", batch: String = "\"train_batch_size\": 2", zero: String = "{\"stage\": 2}",
    optimizer: String = "{\"type\": \"AdamW\", \"params\": {\"lr\": 1e-3}}", name: String = "ds.json"
  ) throws -> String {
    let keys = [batch, "\"zero_optimization\": \(zero)", "\"optimizer\": \(optimizer)", extra]
    return try write(name, "{\(keys.filter { !$0.isEmpty }.joined(separator: ", "))}")
  }

  // MARK: Commands

  /// `deepspeed train` with the tiny things where nothing else is given.
  func train(
    model: String? = nil, data: String? = nil, config: String? = nil, steps: Int = 1, _ more: String...
  ) throws -> Invocation {
    Invocation(
      [
        "train", "--model", try model ?? self.model(), "--data", try data ?? self.data(),
        "--deepspeed_config", try config ?? self.config(), "--steps", "\(steps)",
      ] + more)
  }

  /// `deepspeed eval` with the tiny things where nothing else is given.
  func evaluate(model: String? = nil, data: String? = nil) throws -> Invocation {
    Invocation(["eval", "--model", try model ?? self.model(), "--data", try data ?? self.data()])
  }
}
