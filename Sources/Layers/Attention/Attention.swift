public import Torch

// Shape letters: B batch, T tokens, D hidden size, H query heads, K key-value heads, d width of a head.

/// The shape and options of a self-attention layer.
public struct AttentionConfiguration: Sendable, Hashable {
  /// `D`.
  public var hiddenSize: Int
  /// `H`.
  public var headCount: Int
  /// `K`, a divisor of `H`.
  public var kvHeadCount: Int
  /// `d`.
  public var headDim: Int
  /// True when the projections of query, key and value have a bias.
  public var hasQKVBias = false
  /// True when the output projection has a bias.
  public var hasOutputBias = false
  /// The epsilon of the norms over each head's query and key; nil: no such norms.
  public var queryKeyNormEpsilon: Double?
  /// Mask, scale and dropout.
  public var pattern = AttentionPattern()
  /// The standard deviation of fresh weights.
  public var standardDeviation = 0.02

  /// A layer without biases, norms or window; change the other fields as needed.
  public init(hiddenSize: Int, headCount: Int, kvHeadCount: Int, headDim: Int) {
    precondition(
      headCount > 0 && kvHeadCount > 0 && headCount % kvHeadCount == 0,
      "\(headCount) query heads cannot share \(kvHeadCount) key-value heads evenly")
    self.hiddenSize = hiddenSize
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
  }
}

/// Causal self-attention with rotary positions and grouped queries, as in the Llama family.
public final class Attention: Module {
  /// `[H d, D]`.
  @Child public var query: Linear
  /// `[K d, D]`.
  @Child public var key: Linear
  /// `[K d, D]`.
  @Child public var value: Linear
  /// `[D, H d]`.
  @Child public var output: Linear
  /// The norm of each head's query, if the model has one.
  @Child public var queryNorm: RMSNorm?
  /// The norm of each head's key, if the model has one.
  @Child public var keyNorm: RMSNorm?
  private let configuration: AttentionConfiguration

  /// A layer of this shape, under the names of published Llama checkpoints.
  public init(_ configuration: AttentionConfiguration) {
    self.configuration = configuration
    func linear(_ input: Int, _ output: Int, _ hasBias: Bool) -> Linear {
      Linear(
        inputSize: input, outputSize: output, hasBias: hasBias,
        initialization: .normal(standardDeviation: configuration.standardDeviation))
    }
    let queryWidth = configuration.headCount * configuration.headDim
    let keyWidth = configuration.kvHeadCount * configuration.headDim
    _query = Child("q_proj", linear(configuration.hiddenSize, queryWidth, configuration.hasQKVBias))
    _key = Child("k_proj", linear(configuration.hiddenSize, keyWidth, configuration.hasQKVBias))
    _value = Child("v_proj", linear(configuration.hiddenSize, keyWidth, configuration.hasQKVBias))
    _output = Child("o_proj", linear(queryWidth, configuration.hiddenSize, configuration.hasOutputBias))
    let norm = configuration.queryKeyNormEpsilon.map { epsilon in
      { RMSNorm(width: configuration.headDim, epsilon: epsilon) }
    }
    _queryNorm = Child("q_norm", norm?())
    _keyNorm = Child("k_norm", norm?())
    super.init()
  }

  /// The output of the layer.
  ///
  /// - Parameters:
  ///   - input: `[B, T, D]`
  ///   - angles: of the positions of the `T` tokens
  ///   - cache: this layer's earlier keys and values, to which the new ones are added
  /// - Returns: `[B, T, D]`
  /// - Throws: `TorchError`, ``CacheError``, ``ModuleError/missingGenerator``.
  public func callAsFunction(_ input: Tensor, angles: RotaryAngles, cache: LayerCache? = nil) throws -> Tensor
  {
    try observed(input) { try attend($0, angles, cache) }
  }

  private func attend(_ input: Tensor, _ angles: RotaryAngles, _ cache: LayerCache?) throws -> Tensor {
    let (batch, tokens) = (input.size(0), input.size(1))
    var queries = try heads(query(input), configuration.headCount)  // [B, T, H, d]
    var keys = try heads(key(input), configuration.kvHeadCount)  // [B, T, K, d]
    if let queryNorm { queries = try queryNorm(queries) }
    if let keyNorm { keys = try keyNorm(keys) }
    queries = try RotaryEmbedding.apply(queries, angles).transpose(1, 2)  // [B, H, T, d]
    keys = try RotaryEmbedding.apply(keys, angles).transpose(1, 2)  // [B, K, T, d]
    var values = try heads(value(input), configuration.kvHeadCount).transpose(1, 2)  // [B, K, T, d]
    if let cache { (keys, values) = try cache.append(keys, values) }
    let mixed = try AttentionProduct.apply(
      query: queries, key: keys, value: values, pattern: configuration.pattern,
      generator: try dropoutGenerator())
    return try output(
      mixed.transpose(1, 2).reshape([batch, tokens, configuration.headCount * configuration.headDim]))
  }

  private func heads(_ tensor: Tensor, _ count: Int) throws -> Tensor {
    try tensor.view([tensor.size(0), tensor.size(1), count, configuration.headDim])
  }

  private func dropoutGenerator() throws -> Generator? {
    guard isTraining, configuration.pattern.dropout > 0 else { return nil }
    guard let generator else { throw ModuleError.missingGenerator }
    return generator
  }
}
