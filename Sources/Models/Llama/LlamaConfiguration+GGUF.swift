internal import Layers

extension LlamaConfiguration {
  /// What a GGUF file tells about a model besides its metadata.
  public struct GGUFTensors: Sendable {
    /// The names of all tensors.
    public var names: Set<String>
    /// The values of `rope_freqs.weight`, by which rotary frequencies are divided, if the file has them.
    public var rotaryDivisors: [Double]?
    /// The rows of `token_embd.weight`.
    public var vocabularySize: Int

    /// These facts.
    public init(names: Set<String>, rotaryDivisors: [Double]?, vocabularySize: Int) {
      self.names = names
      self.rotaryDivisors = rotaryDivisors
      self.vocabularySize = vocabularySize
    }
  }

  /// The architectures of GGUF files that are read, and the form each one has.
  public static let ggufArchitectures: [String: LlamaVariant] = [
    "llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3,
  ]

  /// The configuration that a GGUF file's metadata describes.
  ///
  /// - Parameters:
  ///   - metadata: the file's scalar values by key; arrays are not needed
  ///   - tensors: what the file's tensors tell
  ///   - file: its path, for messages
  /// - Throws: ``ModelError``.
  public init(gguf metadata: [String: ConfigurationValue], tensors: GGUFTensors, file: String) throws {
    let reader = ConfigurationReader(metadata, file: file)
    guard let architecture = try reader.optionalString("general.architecture") else {
      throw ModelError.missingKey(file: file, key: "general.architecture")
    }
    guard let variant = Self.ggufArchitectures[architecture] else {
      let known = Self.ggufArchitectures.keys.sorted()
      throw ModelError.unknownArchitecture(
        file: file, found: architecture, supported: known,
        nearest: NearestName.find(architecture, among: known))
    }
    let key = { (name: String) in "\(architecture).\(name)" }
    self.init(
      vocabularySize: tensors.vocabularySize,
      hiddenSize: try reader.integer(key("embedding_length"), in: ConfigurationLimits.hiddenSize),
      intermediateSize: try reader.integer(
        key("feed_forward_length"), in: ConfigurationLimits.intermediateSize),
      layerCount: try reader.integer(key("block_count"), in: ConfigurationLimits.layerCount),
      headCount: try reader.integer(key("attention.head_count"), in: ConfigurationLimits.headCount))
    self.variant = variant
    guard ConfigurationLimits.vocabularySize.contains(vocabularySize) else {
      throw reader.wrong(
        "token_embd.weight", .integer(vocabularySize), expected: "a vocabulary of at least one token")
    }
    try readGGUFHeads(reader, key)
    try readGGUFOptions(reader, key, tensors)
  }

  private mutating func readGGUFHeads(_ reader: ConfigurationReader, _ key: (String) -> String) throws {
    kvHeadCount = try reader.integer(
      key("attention.head_count_kv"), in: ConfigurationLimits.headCount, default: headCount)
    guard headCount % kvHeadCount == 0 else {
      throw reader.wrong(
        key("attention.head_count_kv"), .integer(kvHeadCount),
        expected: "a divisor of head_count, \(headCount)")
    }
    let written = try reader.optionalInteger(key("attention.key_length"), in: ConfigurationLimits.headDim)
    guard written != nil || hiddenSize % headCount == 0 else {
      throw reader.wrong(
        key("attention.head_count"), .integer(headCount),
        expected: "a divisor of embedding_length, \(hiddenSize)")
    }
    headDim = written ?? hiddenSize / headCount
    let turned = try reader.integer(
      key("rope.dimension_count"), in: ConfigurationLimits.headDim, default: headDim)
    guard turned == headDim, headDim % 2 == 0 else {
      throw reader.wrong(
        key("rope.dimension_count"), .integer(turned), expected: "the width of a head, \(headDim), and even")
    }
  }

  private mutating func readGGUFOptions(
    _ reader: ConfigurationReader, _ key: (String) -> String, _ tensors: GGUFTensors
  ) throws {
    maximumLength = try reader.integer(key("context_length"), in: ConfigurationLimits.length)
    normEpsilon = try reader.number(
      key("attention.layer_norm_rms_epsilon"), in: ConfigurationLimits.epsilon, default: 1e-5)
    rotaryBase = try reader.number(key("rope.freq_base"), in: 1.000_001...1e30, default: 10_000)
    isHeadTied = !tensors.names.contains("output.weight")
    hasQKVBias = tensors.names.contains("blk.0.attn_q.bias")
    hasOutputBias = tensors.names.contains("blk.0.attn_output.bias")
    hasFeedForwardBias = tensors.names.contains("blk.0.ffn_gate.bias")
    hasQueryKeyNorm = tensors.names.contains("blk.0.attn_q_norm.weight")
    rotaryScaling = try ggufScaling(reader, key)
    if let divisors = tensors.rotaryDivisors {
      guard divisors.count == headDim / 2, divisors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw ModelError.wrongValue(
          file: reader.file, key: "rope_freqs.weight", found: "\(divisors.count) values",
          expected: "\(headDim / 2) positive numbers")
      }
      rotaryScaling = .divided(by: divisors)
    }
  }

  private func ggufScaling(_ reader: ConfigurationReader, _ key: (String) -> String) throws -> RotaryScaling {
    guard let type = try reader.optionalString(key("rope.scaling.type")), type != "none" else { return .none }
    let factor = try reader.number(key("rope.scaling.factor"), in: 1e-6...1e6)
    switch type {
    case "linear":
      return .linear(factor: factor)
    case "yarn":
      let length = try reader.integer(
        key("rope.scaling.original_context_length"), in: ConfigurationLimits.length, default: maximumLength)
      return .yarn(RotaryScaling.YaRN(factor: factor, originalLength: length))
    default:
      throw reader.wrong(key("rope.scaling.type"), .string(type), expected: "none, linear or yarn")
    }
  }
}
