public import Layers
public import Torch

// Shape letters: B batch, T tokens, D hidden size.

/// A model of the Llama family: root-mean-square norms, rotary positions, grouped queries, gated feed-forward
/// blocks.
public final class LlamaModel: CausalLanguageModel {
  /// The sizes and options.
  public let configuration: LlamaConfiguration
  /// Everything below the head.
  @Child public var body: LlamaBody
  @Child var languageModelHead: LanguageModelHead
  let originalObject: [String: ConfigurationValue]

  /// Declares a model; its parameters get values from `materialize(with:)`.
  ///
  /// - Parameters:
  ///   - configuration: sizes and choices of the architecture
  ///   - originalObject: the `config.json` that the configuration was read from, whose further keys are kept
  public init(_ configuration: LlamaConfiguration, originalObject: [String: ConfigurationValue] = [:]) {
    self.configuration = configuration
    self.originalObject = originalObject
    let body = LlamaBody(configuration)
    _body = Child("model", body)
    _languageModelHead = Child(
      "lm_head",
      configuration.isHeadTied
        ? LanguageModelHead(tiedTo: body.tokens.$weight)
        : LanguageModelHead(
          hiddenSize: configuration.hiddenSize, vocabularySize: configuration.vocabularySize,
          standardDeviation: configuration.standardDeviation))
    super.init(
      shape: ModelShape(
        vocabularySize: configuration.vocabularySize, hiddenSize: configuration.hiddenSize,
        layerCount: configuration.layerCount, attentionWidth: configuration.headCount * configuration.headDim,
        maximumLength: configuration.maximumLength))
  }

  /// The tied or own head.
  public override var head: LanguageModelHead { languageModelHead }

  /// How the tensors of a Hugging Face folder become parameters.
  public override var weightMap: WeightMap { folderWeightMap }

  /// The description from which `transformers` builds the same model.
  public override var configurationObject: [String: ConfigurationValue] { folderConfiguration }

  /// The hidden states after the last norm.
  public override func hiddenStates(_ tokens: Tensor, cache: KVCache?) throws -> Tensor {
    try body(tokens, cache: cache)
  }
}

/// A model of the Llama family without its head.
public final class LlamaBody: Module {
  /// `[V, D]`.
  @Child public var tokens: Embedding
  /// The blocks in order.
  @Child public var blocks: [LlamaBlock]
  @Child var norm: RMSNorm
  /// Whether each block's activations are computed again in the backward pass instead of being kept.
  public var recomputesBlocks = false
  private let table: RotaryTable

  init(_ configuration: LlamaConfiguration) {
    _tokens = Child(
      "embed_tokens",
      Embedding(
        count: configuration.vocabularySize, width: configuration.hiddenSize,
        initialization: .normal(standardDeviation: configuration.standardDeviation)))
    _blocks = Child("layers", (0..<configuration.layerCount).map { LlamaBlock(configuration, layer: $0) })
    _norm = Child("norm", RMSNorm(width: configuration.hiddenSize, epsilon: configuration.normEpsilon))
    table = RotaryTable(
      RotaryConfiguration(
        headDim: configuration.headDim, base: configuration.rotaryBase, scaling: configuration.rotaryScaling))
    super.init()
  }

  /// - Parameters:
  ///   - ids: `[B, T]`, int64
  ///   - cache: earlier keys and values
  /// - Returns: `[B, T, D]`
  /// - Throws: `TorchError`, `CacheError`, `ModuleError.missingGenerator`.
  public func callAsFunction(_ ids: Tensor, cache: KVCache? = nil) throws -> Tensor {
    try observed(ids) { ids in
      var hidden = try tokens(ids)
      let angles = try table.angles(from: cache?.length ?? 0, count: ids.size(1), device: hidden.device)
      for (layer, block) in blocks.enumerated() {
        hidden = try recomputesBlocks && cache == nil
          ? Recomputation.apply([hidden], generator: generator) { [try block($0[0], angles: angles)] }[0]
          : block(hidden, angles: angles, cache: cache?.layers[layer])
      }
      return try norm(hidden)
    }
  }
}

/// One block of the Llama family: `x + attention(norm(x))`, then `x + feedForward(norm(x))`.
public final class LlamaBlock: Module {
  /// Causal self-attention over the normed input, with rotary positions.
  @Child public var attention: Attention
  /// The feed-forward part.
  @Child public var feedForward: GatedFeedForward
  @Child var attentionNorm: RMSNorm
  @Child var feedForwardNorm: RMSNorm

  init(_ configuration: LlamaConfiguration, layer: Int) {
    let (width, epsilon) = (configuration.hiddenSize, configuration.normEpsilon)
    _attention = Child("self_attn", Attention(configuration.attention(layer: layer)))
    _feedForward = Child(
      "mlp",
      GatedFeedForward(
        hiddenSize: width, intermediateSize: configuration.intermediateSize,
        activation: configuration.activation,
        hasBias: configuration.hasFeedForwardBias, standardDeviation: configuration.standardDeviation))
    _attentionNorm = Child("input_layernorm", RMSNorm(width: width, epsilon: epsilon))
    _feedForwardNorm = Child("post_attention_layernorm", RMSNorm(width: width, epsilon: epsilon))
    super.init()
  }

  /// - Parameters:
  ///   - input: `[B, T, D]`
  ///   - angles: of the positions of the `T` tokens
  ///   - cache: this layer's earlier keys and values
  /// - Returns: `[B, T, D]`
  /// - Throws: `TorchError`, `CacheError`, `ModuleError.missingGenerator`.
  public func callAsFunction(_ input: Tensor, angles: RotaryAngles, cache: LayerCache? = nil) throws -> Tensor
  {
    try observed(input) { input in
      let middle = try input + attention(attentionNorm(input), angles: angles, cache: cache)
      return try middle + feedForward(feedForwardNorm(middle))
    }
  }
}
