public import Layers
public import Torch

// Shape letters: B batch, T tokens, D hidden size, V vocabulary.

/// The last layer of a language model: hidden states to logits while generating, to the loss while training.
public final class LanguageModelHead: Layer {
  /// `[V, D]`; the embedding's own table when the model ties them.
  @Parameter public var weight: Tensor

  /// A head with a weight of its own.
  public init(hiddenSize: Int, vocabularySize: Int, standardDeviation: Double) {
    _weight = Parameter(
      "weight", shape: [vocabularySize, hiddenSize], .normal(standardDeviation: standardDeviation))
    super.init()
  }

  /// A head over the table of an embedding.
  public init(tiedTo table: Parameter) {
    _weight = table
    super.init()
  }

  /// - Parameter input: `[..., D]`
  /// - Returns: `[..., V]`
  public override func forward(_ input: Tensor) throws -> Tensor { try input.linear(weight: weight) }

  /// The mean cross-entropy against `labels`, chunk by chunk.
  ///
  /// - Parameters:
  ///   - hidden: `[B, T, D]`
  ///   - labels: `[B, T]`, int64, -100 where a position does not count
  /// - Throws: `LossError`, `TorchError`.
  public func loss(_ hidden: Tensor, labels: Tensor) throws -> TokenLoss {
    var tokenCount = 0
    let mean = try observed(hidden) { hidden in
      let loss = try LinearCrossEntropy.apply(hidden: hidden, weight: weight, labels: labels)
      tokenCount = loss.tokenCount
      return loss.mean
    }
    return TokenLoss(mean: mean, tokenCount: tokenCount)
  }
}
