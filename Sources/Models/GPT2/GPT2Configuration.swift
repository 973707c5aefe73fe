public import Layers

/// The sizes and options of a GPT-2 model, and of pure GPTs of the same form: norms before each block,
/// tanh-GELU, learned positions.
///
/// - Source: Radford et al., "Language models are unsupervised multitask learners", 2019.
public struct GPT2Configuration: Sendable, Hashable {
  /// The number of tokens known.
  public var vocabularySize: Int
  /// The number of learned positions.
  public var maximumLength: Int
  /// The width of hidden states.
  public var hiddenSize: Int
  /// The number of blocks.
  public var layerCount: Int
  /// The number of attention heads, a divisor of the hidden size.
  public var headCount: Int
  /// The width inside the feed-forward block.
  public var intermediateSize: Int
  /// The nonlinearity inside the feed-forward block.
  public var activation = Activation.geluTanh
  /// Dropout on what a block adds.
  public var residualDropout = 0.0
  /// Dropout on the embeddings.
  public var embeddingDropout = 0.0
  /// Dropout on attention weights.
  public var attentionDropout = 0.0
  /// Added to the variance before its root in every LayerNorm.
  public var normEpsilon = 1e-5
  /// The standard deviation of fresh weights.
  public var standardDeviation = 0.02
  /// True when the head uses the embedding's table.
  public var isHeadTied = true
  /// True when scores are divided by the square root of the head width.
  public var scalesAttention = true
  /// True when scores are further divided by the layer's number, from 1.
  public var scalesAttentionByLayer = false

  /// A model of these sizes with GPT-2's own options, without dropout.
  public init(vocabularySize: Int, maximumLength: Int, hiddenSize: Int, layerCount: Int, headCount: Int) {
    self.vocabularySize = vocabularySize
    self.maximumLength = maximumLength
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.headCount = headCount
    intermediateSize = 4 * hiddenSize
  }

  /// The width of a head.
  public var headDim: Int { hiddenSize / headCount }
}

extension GPT2Configuration {
  /// The configuration that a `config.json` describes.
  ///
  /// - Parameters:
  ///   - object: the file's content
  ///   - file: its path, for messages
  /// - Throws: ``ModelError`` for the first key with a value that no model can have.
  public init(_ object: [String: ConfigurationValue], file: String) throws {
    let reader = ConfigurationReader(object, file: file)
    let hiddenSize = try reader.integer("n_embd", in: ConfigurationLimits.hiddenSize, default: 768)
    self.init(
      vocabularySize: try reader.integer(
        "vocab_size", in: ConfigurationLimits.vocabularySize, default: 50257),
      maximumLength: try reader.integer("n_positions", in: ConfigurationLimits.length, default: 1024),
      hiddenSize: hiddenSize,
      layerCount: try reader.integer("n_layer", in: ConfigurationLimits.layerCount, default: 12),
      headCount: try reader.integer("n_head", in: ConfigurationLimits.headCount, default: 12))
    guard hiddenSize % headCount == 0 else {
      throw reader.wrong(
        "n_head", .integer(headCount), expected: "a divisor of n_embd, which is \(hiddenSize)")
    }
    let inner = try reader.optionalInteger("n_inner", in: ConfigurationLimits.intermediateSize)
    intermediateSize = inner ?? 4 * hiddenSize
    activation = try reader.activation("activation_function", default: .geluTanh)
    residualDropout = try reader.probability("resid_pdrop", default: 0.1)
    embeddingDropout = try reader.probability("embd_pdrop", default: 0.1)
    attentionDropout = try reader.probability("attn_pdrop", default: 0.1)
    normEpsilon = try reader.number("layer_norm_epsilon", in: ConfigurationLimits.epsilon, default: 1e-5)
    standardDeviation = try reader.number(
      "initializer_range", in: ConfigurationLimits.standardDeviation, default: 0.02)
    isHeadTied = try reader.boolean("tie_word_embeddings", default: true)
    scalesAttention = try reader.boolean("scale_attn_weights", default: true)
    scalesAttentionByLayer = try reader.boolean("scale_attn_by_inverse_layer_idx", default: false)
    if try reader.boolean("add_cross_attention", default: false) {
      throw reader.wrong(
        "add_cross_attention", .boolean(true), expected: "false: there is no encoder to attend to")
    }
  }

  /// The content of a `config.json` that describes this model.
  public var object: [String: ConfigurationValue] {
    [
      "architectures": .array([.string("GPT2LMHeadModel")]),
      "model_type": .string("gpt2"),
      "vocab_size": .integer(vocabularySize),
      "n_positions": .integer(maximumLength),
      "n_embd": .integer(hiddenSize),
      "n_layer": .integer(layerCount),
      "n_head": .integer(headCount),
      "n_inner": .integer(intermediateSize),
      "activation_function": .string(activation == .geluTanh ? "gelu_new" : activation.rawValue),
      "resid_pdrop": .number(residualDropout),
      "embd_pdrop": .number(embeddingDropout),
      "attn_pdrop": .number(attentionDropout),
      "layer_norm_epsilon": .number(normEpsilon),
      "initializer_range": .number(standardDeviation),
      "tie_word_embeddings": .boolean(isHeadTied),
      "scale_attn_weights": .boolean(scalesAttention),
      "scale_attn_by_inverse_layer_idx": .boolean(scalesAttentionByLayer),
    ]
  }

  /// The number of elements of all parameters, computed without building the model.
  public var parameterCount: Int {
    let (hidden, inner) = (hiddenSize, intermediateSize)
    let attention = 3 * hidden * (hidden + 1) + hidden * (hidden + 1)
    let feedForward = inner * (hidden + 1) + hidden * (inner + 1)
    let block = attention + feedForward + 4 * hidden
    let tables = vocabularySize * hidden * (isHeadTied ? 1 : 2) + maximumLength * hidden
    return layerCount * block + tables + 2 * hidden
  }
}
