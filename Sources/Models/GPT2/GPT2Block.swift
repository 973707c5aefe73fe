public import Layers
public import Torch

// Shape letters: B batch, T tokens, D hidden size, H heads, d width of a head.

/// GPT-2's self-attention: one projection for query, key and value together.
public final class GPT2Attention: Module {
  /// `[3 D, D]`: query, key, value one after another.
  @Child public var projection: Linear
  /// `[D, D]`.
  @Child public var output: Linear
  @Child var dropout: Dropout
  private let headCount: Int
  private let pattern: AttentionPattern

  init(_ configuration: GPT2Configuration, layer: Int) {
    let size = configuration.hiddenSize
    let standardDeviation = configuration.standardDeviation
    _projection = Child(
      "c_attn",
      Linear(
        inputSize: size, outputSize: 3 * size, initialization: .normal(standardDeviation: standardDeviation)))
    _output = Child(
      "c_proj",
      Linear(
        inputSize: size, outputSize: size,
        initialization: .normal(standardDeviation: configuration.residualStandardDeviation)))
    _dropout = Child("resid_dropout", Dropout(probability: configuration.residualDropout))
    headCount = configuration.headCount
    var scale = configuration.scalesAttention ? 1 / Double(configuration.headDim).squareRoot() : 1
    if configuration.scalesAttentionByLayer { scale /= Double(layer + 1) }
    pattern = AttentionPattern(scale: scale, dropout: configuration.attentionDropout)
    super.init()
  }

  /// - Parameters:
  ///   - input: `[B, T, D]`
  ///   - cache: this layer's earlier keys and values
  /// - Returns: `[B, T, D]`
  /// - Throws: `TorchError`, `CacheError`, `ModuleError.missingGenerator`.
  public func callAsFunction(_ input: Tensor, cache: LayerCache? = nil) throws -> Tensor {
    try observed(input) { try attend($0, cache) }
  }

  private func attend(_ input: Tensor, _ cache: LayerCache?) throws -> Tensor {
    let (batch, tokens, width) = (input.size(0), input.size(1), input.size(2))
    let parts = try projection(input).view([batch, tokens, 3, headCount, width / headCount])
      .permute([2, 0, 3, 1, 4]).unbind(dim: 0)  // three of [B, H, T, d]
    var (keys, values) = (parts[1], parts[2])
    if let cache { (keys, values) = try cache.append(keys, values) }
    var source: Generator?
    if isTraining, pattern.dropout > 0 {
      guard let generator else { throw ModuleError.missingGenerator }
      source = generator
    }
    let mixed = try AttentionProduct.apply(
      query: parts[0], key: keys, value: values, pattern: pattern, generator: source)
    return try dropout(output(mixed.transpose(1, 2).reshape([batch, tokens, width])))
  }
}

/// One block of GPT-2: `x + attention(norm(x))`, then `x + feedForward(norm(x))`.
public final class GPT2Block: Module {
  @Child var attentionNorm: LayerNorm
  /// Causal self-attention over the normed input.
  @Child public var attention: GPT2Attention
  @Child var feedForwardNorm: LayerNorm
  /// The feed-forward part.
  @Child public var feedForward: FeedForward
  @Child var dropout: Dropout

  init(_ configuration: GPT2Configuration, layer: Int) {
    let (size, inner) = (configuration.hiddenSize, configuration.intermediateSize)
    _attentionNorm = Child("ln_1", LayerNorm(width: size, epsilon: configuration.normEpsilon))
    _attention = Child("attn", GPT2Attention(configuration, layer: layer))
    _feedForwardNorm = Child("ln_2", LayerNorm(width: size, epsilon: configuration.normEpsilon))
    let expansion = Linear(
      inputSize: size, outputSize: inner,
      initialization: .normal(standardDeviation: configuration.standardDeviation))
    let contraction = Linear(
      inputSize: inner, outputSize: size,
      initialization: .normal(standardDeviation: configuration.residualStandardDeviation))
    _feedForward = Child(
      "mlp",
      FeedForward(
        expansion: expansion, contraction: contraction, activation: configuration.activation,
        names: FeedForward.Names(expansion: "c_fc", contraction: "c_proj")))
    _dropout = Child("mlp_dropout", Dropout(probability: configuration.residualDropout))
    super.init()
  }

  /// - Parameters:
  ///   - input: `[B, T, D]`
  ///   - cache: this layer's earlier keys and values
  /// - Returns: `[B, T, D]`
  /// - Throws: `TorchError`, `CacheError`, `ModuleError.missingGenerator`.
  public func callAsFunction(_ input: Tensor, cache: LayerCache? = nil) throws -> Tensor {
    try observed(input) { input in
      let middle = try input + attention(attentionNorm(input), cache: cache)
      return try middle + dropout(feedForward(feedForwardNorm(middle)))
    }
  }
}

extension GPT2Configuration {
  /// The standard deviation of the layers whose output is added to the residual stream of `2 L` additions.
  var residualStandardDeviation: Double { standardDeviation / Double(2 * layerCount).squareRoot() }
}
