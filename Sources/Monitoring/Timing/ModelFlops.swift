/// How many floating-point operations training a dense transformer takes, by the shapes alone.
///
/// A multiplication and an addition count as two operations. Per token, forward and backward:
///
///     6 N + 12 L T D
///
/// with N the parameters of all matrix products (biases and norms are too few to matter; an input embedding
/// is a look-up and does not count, a tied one counts once, as the head), L layers, T tokens of the sequence,
/// and D the width of all heads together. The second term is attention, counted in full although a causal
/// mask needs only half of it; recomputation is not counted, because it is not useful work.
/// Source: Chowdhery et al., 2022, arXiv 2204.02311, appendix B (model FLOPs utilisation).
public struct ModelFlops: Sendable, Equatable {
  /// N: the parameters that take part in matrix products.
  public var parameterCount: Int
  /// L: the number of layers with attention.
  public var layerCount: Int
  /// T: the tokens of a sequence.
  public var sequenceLength: Int
  /// D: the number of heads times the width of a head.
  public var attentionWidth: Int

  /// The shape of a model and its sequences.
  public init(parameterCount: Int, layerCount: Int, sequenceLength: Int, attentionWidth: Int) {
    self.parameterCount = parameterCount
    self.layerCount = layerCount
    self.sequenceLength = sequenceLength
    self.attentionWidth = attentionWidth
  }

  /// Operations for the forward and backward pass of one token.
  public var perTokenInTraining: Double {
    6 * Double(parameterCount) + 12 * Double(layerCount) * Double(sequenceLength) * Double(attentionWidth)
  }

  /// Operations for the forward pass of one token: a third of those of training.
  public var perTokenInForward: Double { perTokenInTraining / 3 }

  /// The part of the machine's speed that training turns into useful work.
  /// - Parameters:
  ///   - tokensPerSecond: trained tokens per second over all ranks.
  ///   - peakFlopsPerSecond: the measured speed of matrix products over the same ranks.
  /// - Returns: 0 to 1; 0 when the peak is unknown (zero).
  public func utilization(tokensPerSecond: Double, peakFlopsPerSecond: Double) -> Double {
    peakFlopsPerSecond > 0 ? tokensPerSecond * perTokenInTraining / peakFlopsPerSecond : 0
  }
}
