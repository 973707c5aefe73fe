internal import Layers

extension LlamaConfiguration {
  /// The configuration that a `config.json` describes, with the defaults of each variant.
  ///
  /// - Parameters:
  ///   - object: the file's content
  ///   - variant: the published form, from `model_type`
  ///   - file: its path, for messages
  /// - Throws: ``ModelError`` for the first key with a value that no model can have.
  public init(_ object: [String: ConfigurationValue], variant: LlamaVariant, file: String) throws {
    let reader = ConfigurationReader(object, file: file)
    self.init(
      vocabularySize: try reader.integer("vocab_size", in: ConfigurationLimits.vocabularySize),
      hiddenSize: try reader.integer("hidden_size", in: ConfigurationLimits.hiddenSize),
      intermediateSize: try reader.integer("intermediate_size", in: ConfigurationLimits.intermediateSize),
      layerCount: try reader.integer("num_hidden_layers", in: ConfigurationLimits.layerCount),
      headCount: try reader.integer("num_attention_heads", in: ConfigurationLimits.headCount))
    self.variant = variant
    try readHeads(reader)
    try readOptions(reader)
    try readWindow(reader)
    rotaryBase = 10_000
    try readRotary(reader)
  }

  private mutating func readHeads(_ reader: ConfigurationReader) throws {
    let fallback = variant == .mistral ? min(8, headCount) : headCount
    kvHeadCount = try reader.integer(
      "num_key_value_heads", in: ConfigurationLimits.headCount, default: fallback)
    guard headCount % kvHeadCount == 0 else {
      throw reader.wrong(
        "num_key_value_heads", .integer(kvHeadCount),
        expected: "a divisor of num_attention_heads, which is \(headCount)")
    }
    if let written = try reader.optionalInteger("head_dim", in: ConfigurationLimits.headDim) {
      headDim = written
    } else if variant == .qwen3 {
      headDim = 128
    } else {
      guard hiddenSize % headCount == 0 else {
        throw reader.wrong(
          "num_attention_heads", .integer(headCount),
          expected: "a divisor of hidden_size, which is \(hiddenSize), or a head_dim")
      }
      headDim = hiddenSize / headCount
    }
    guard headDim % 2 == 0 else {
      throw reader.wrong("head_dim", .integer(headDim), expected: "an even number, for rotary positions")
    }
  }

  private mutating func readOptions(_ reader: ConfigurationReader) throws {
    let lengths: [LlamaVariant: Int] = [.llama: 2048, .mistral: 131_072, .qwen2: 32_768, .qwen3: 32_768]
    maximumLength = try reader.integer(
      "max_position_embeddings", in: ConfigurationLimits.length, default: lengths[variant])
    normEpsilon = try reader.number("rms_norm_eps", in: ConfigurationLimits.epsilon, default: 1e-6)
    standardDeviation = try reader.number(
      "initializer_range", in: ConfigurationLimits.standardDeviation, default: 0.02)
    isHeadTied = try reader.boolean("tie_word_embeddings", default: false)
    activation = try reader.activation("hidden_act", default: .silu)
    attentionDropout = try reader.probability("attention_dropout", default: 0)
    hasFeedForwardBias = variant == .llama ? try reader.boolean("mlp_bias", default: false) : false
    hasQueryKeyNorm = variant == .qwen3
    switch variant {
    case .llama, .qwen3:
      hasQKVBias = try reader.boolean("attention_bias", default: false)
      hasOutputBias = hasQKVBias
    case .qwen2: hasQKVBias = true
    case .mistral: break
    }
  }

  private mutating func readWindow(_ reader: ConfigurationReader) throws {
    switch variant {
    case .llama:
      return
    case .mistral:
      // Absent means the first Mistral's window; null means none.
      let isAbsent = !reader.hasKey("sliding_window")
      slidingWindow =
        try reader.optionalInteger("sliding_window", in: ConfigurationLimits.length)
        ?? (isAbsent ? 4096 : nil)
      windowedLayers = Array(repeating: slidingWindow != nil, count: layerCount)
    case .qwen2, .qwen3:
      guard try reader.boolean("use_sliding_window", default: false) else { return }
      let isAbsent = !reader.hasKey("sliding_window")
      slidingWindow =
        try reader.optionalInteger("sliding_window", in: ConfigurationLimits.length)
        ?? (isAbsent ? 4096 : nil)
      let first = try reader.integer("max_window_layers", in: 0...Int(Int32.max), default: 28)
      windowedLayers = (0..<layerCount).map { slidingWindow != nil && $0 >= first }
      try readLayerTypes(reader)
    }
  }

  private mutating func readLayerTypes(_ reader: ConfigurationReader) throws {
    guard let found = reader["layer_types"] else { return }
    guard case .array(let types) = found, types.count == layerCount else {
      throw reader.wrong(
        "layer_types", found, expected: "an array of num_hidden_layers, which is \(layerCount), texts")
    }
    windowedLayers = try types.map { type in
      switch type {
      case .string("sliding_attention"): return slidingWindow != nil
      case .string("full_attention"): return false
      default:
        throw reader.wrong("layer_types", type, expected: "\"full_attention\" or \"sliding_attention\"")
      }
    }
  }

  /// The content of a `config.json` that describes this model.
  public var object: [String: ConfigurationValue] {
    var object: [String: ConfigurationValue] = [
      "architectures": .array([.string(variant.architecture)]),
      "model_type": .string(variant.rawValue),
      "vocab_size": .integer(vocabularySize),
      "hidden_size": .integer(hiddenSize),
      "intermediate_size": .integer(intermediateSize),
      "num_hidden_layers": .integer(layerCount),
      "num_attention_heads": .integer(headCount),
      "num_key_value_heads": .integer(kvHeadCount),
      "head_dim": .integer(headDim),
      "max_position_embeddings": .integer(maximumLength),
      "rms_norm_eps": .number(normEpsilon),
      "initializer_range": .number(standardDeviation),
      "tie_word_embeddings": .boolean(isHeadTied),
      "hidden_act": .string(activation.rawValue),
      "attention_dropout": .number(attentionDropout),
      "rope_theta": .number(rotaryBase),
      "rope_scaling": rotaryScalingObject.map { .object($0) } ?? .null,
    ]
    switch variant {
    case .llama:
      object["attention_bias"] = .boolean(hasQKVBias)
      object["mlp_bias"] = .boolean(hasFeedForwardBias)
    case .qwen3, .qwen2:
      if variant == .qwen3 { object["attention_bias"] = .boolean(hasQKVBias) }
      object["use_sliding_window"] = .boolean(slidingWindow != nil)
      object["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
      object["layer_types"] = .array(
        windowedLayers.map { .string($0 ? "sliding_attention" : "full_attention") })
    case .mistral:
      object["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
    }
    return object
  }
}
