public import Layers
public import Torch

// Shape letters: B batch, T tokens, D hidden size, V vocabulary.

/// The sizes of a language model that its users need, whatever its architecture.
public struct ModelShape: Sendable, Hashable {
  /// `V`.
  public let vocabularySize: Int
  /// `D`.
  public let hiddenSize: Int
  /// The number of blocks.
  public let layerCount: Int
  /// The width of all query heads of a layer together.
  public let attentionWidth: Int
  /// The longest sequence that the model was made for, in tokens.
  public let maximumLength: Int
}

/// A model that predicts the next token of a text from those before it.
///
/// One definition serves training (``loss(_:labels:)``, which never forms all logits) and inference
/// (``logits(_:cache:)``). Subclasses compute hidden states and say where their weights come from.
open class CausalLanguageModel: Module {
  /// The sizes.
  public final let shape: ModelShape

  /// A model of these sizes.
  public init(shape: ModelShape) {
    self.shape = shape
    super.init()
  }

  /// The hidden states after the last norm. Called through ``states(_:cache:)`` only.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`, int64
  ///   - cache: earlier keys and values; the tokens stand after them
  /// - Returns: `[B, T, D]`
  open func hiddenStates(_ tokens: Tensor, cache: KVCache?) throws -> Tensor {
    preconditionFailure("\(type(of: self)) does not compute hidden states")
  }

  /// The layer that turns hidden states into logits or a loss.
  open var head: LanguageModelHead { preconditionFailure("\(type(of: self)) has no head") }

  /// The content of `config.json` from which the same model can be built.
  open var configurationObject: [String: ConfigurationValue] { [:] }

  /// How the tensors of a Hugging Face folder become parameters, and back.
  open var weightMap: WeightMap { WeightMap() }

  /// The hidden states after the last norm, seen by observers of the model.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`, int64, each 0 ..< V
  ///   - cache: earlier keys and values; the tokens stand after them and are added to it
  /// - Returns: `[B, T, D]`
  /// - Throws: ``ModelError``, `CacheError`, `TorchError`.
  public final func states(_ tokens: Tensor, cache: KVCache? = nil) throws -> Tensor {
    let sizes = tokens.shape
    guard sizes.count == 2, sizes[0] > 0, sizes[1] > 0, !tokens.dtype.isFloatingPoint else {
      throw ModelError.wrongTokens(found: "\(tokens.dtype.name) of shape \(sizes)")
    }
    return try observed(tokens) { try hiddenStates($0, cache: cache) }
  }

  /// The scores of every token of the vocabulary to come next, for each position.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`, int64, each 0 ..< V
  ///   - cache: earlier keys and values; the tokens stand after them and are added to it
  /// - Returns: `[B, T, V]` in the dtype of the weights
  /// - Throws: ``ModelError``, `CacheError`, `TorchError`.
  public final func logits(_ tokens: Tensor, cache: KVCache? = nil) throws -> Tensor {
    try head(states(tokens, cache: cache))
  }

  /// The scores for the token after the last one only, which is all that generation needs.
  ///
  /// - Returns: `[B, V]` in the dtype of the weights
  /// - Throws: ``ModelError``, `CacheError`, `TorchError`.
  public final func nextTokenLogits(_ tokens: Tensor, cache: KVCache? = nil) throws -> Tensor {
    let last = try states(tokens, cache: cache).narrow(dim: 1, start: tokens.size(1) - 1, length: 1)
    return try head(last).squeeze(dim: 1)
  }

  /// The mean cross-entropy of the model's predictions, without ever holding the logits of all positions.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`, int64, each 0 ..< V
  ///   - labels: `[B, T]`, int64: `labels[b, t]` is the token that should follow `tokens[b, 0 ... t]`, or
  ///     -100 where the prediction does not count
  /// - Throws: ``ModelError``, `LossError`, `TorchError`.
  public final func loss(_ tokens: Tensor, labels: Tensor) throws -> TokenLoss {
    try head.loss(states(tokens), labels: labels)
  }

  /// An empty cache for this model.
  ///
  /// - Parameter maximumLength: the longest sequence to be held; nil: the model's own limit
  public final func makeCache(maximumLength: Int? = nil) -> KVCache {
    KVCache(layerCount: shape.layerCount, maximumLength: maximumLength ?? shape.maximumLength)
  }

  /// The floating-point operations of one token in training (forward and backward), counted as `6 M + 12 L A
  /// T`: `M` elements of all matrices that tokens are multiplied with, head included and tables looked up
  /// excluded; `A` width of attention; `T` sequence length, without a discount for the causal mask.
  ///
  /// - Throws: `ModuleError` from the walk over the model.
  /// - Source: Chowdhery et al., "PaLM", 2022, arXiv:2204.02311, appendix B.
  public final func flopsPerToken(sequenceLength: Int) throws -> Double {
    let modules = try namedModules().map(\.module)
    let matrices = modules.compactMap { ($0 as? Linear)?.$weight ?? ($0 as? LanguageModelHead)?.$weight }
    let elements = matrices.reduce(0.0) { $0 + Double($1.elementCount) }
    let attention = Double(shape.layerCount) * Double(shape.attentionWidth) * Double(sequenceLength)
    return 6 * elements + 12 * attention
  }
}
