public import Layers
public import Torch

// Shape letters: B batch, T tokens, D hidden size.

/// GPT-2: learned positions, blocks with norms before their parts, a head tied to the embedding.
public final class GPT2Model: CausalLanguageModel {
  /// The sizes and options.
  public let configuration: GPT2Configuration
  /// Everything below the head.
  @Child public var body: GPT2Body
  @Child var languageModelHead: LanguageModelHead
  let originalObject: [String: ConfigurationValue]

  /// Declares a model; its parameters get values from `materialize(with:)`.
  ///
  /// - Parameters:
  ///   - configuration: sizes and choices of the architecture
  ///   - originalObject: the `config.json` that the configuration was read from, whose further keys are kept
  public init(_ configuration: GPT2Configuration, originalObject: [String: ConfigurationValue] = [:]) {
    self.configuration = configuration
    self.originalObject = originalObject
    let body = GPT2Body(configuration)
    _body = Child("transformer", body)
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
        layerCount: configuration.layerCount, attentionWidth: configuration.hiddenSize,
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

/// GPT-2 without its head.
public final class GPT2Body: Module {
  /// `[V, D]`.
  @Child public var tokens: Embedding
  /// `[positions, D]`.
  @Child public var positions: Embedding
  @Child var dropout: Dropout
  /// The blocks in order.
  @Child public var blocks: [GPT2Block]
  @Child var norm: LayerNorm
  /// Whether each block's activations are computed again in the backward pass instead of being kept.
  public var recomputesBlocks = false
  private let maximumLength: Int

  init(_ configuration: GPT2Configuration) {
    let initialization = Initialization.normal(standardDeviation: configuration.standardDeviation)
    let width = configuration.hiddenSize
    maximumLength = configuration.maximumLength
    _tokens = Child(
      "wte", Embedding(count: configuration.vocabularySize, width: width, initialization: initialization))
    _positions = Child(
      "wpe", Embedding(count: configuration.maximumLength, width: width, initialization: initialization))
    _dropout = Child("drop", Dropout(probability: configuration.embeddingDropout))
    _blocks = Child("h", (0..<configuration.layerCount).map { GPT2Block(configuration, layer: $0) })
    _norm = Child("ln_f", LayerNorm(width: width, epsilon: configuration.normEpsilon))
    super.init()
  }

  /// - Parameters:
  ///   - ids: `[B, T]`, int64
  ///   - cache: earlier keys and values
  /// - Returns: `[B, T, D]`
  /// - Throws: ``ModelError/tooManyTokens(found:maximum:)``, `TorchError`, `CacheError`.
  public func callAsFunction(_ ids: Tensor, cache: KVCache? = nil) throws -> Tensor {
    let start = cache?.length ?? 0
    let length = start + ids.size(1)
    guard length <= maximumLength else {
      throw ModelError.tooManyTokens(found: length, maximum: maximumLength)
    }
    return try observed(ids) { ids in
      let places = try Tensor.arange(from: start, to: length, device: ids.device)
      var hidden = try dropout(tokens(ids) + positions(places))
      for (layer, block) in blocks.enumerated() {
        hidden = try recomputesBlocks && cache == nil
          ? Recomputation.apply([hidden], generator: generator) { [try block($0[0])] }[0]
          : block(hidden, cache: cache?.layers[layer])
      }
      return try norm(hidden)
    }
  }
}
