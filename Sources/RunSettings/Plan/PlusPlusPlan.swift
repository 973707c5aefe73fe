/// ZeRO++ and MiCS: quantised communication, secondary shards, groups that share a copy of the states.
public struct PlusPlusPlan: Sendable, Equatable {
  /// Whether parameters are gathered in 8-bit blocks.
  public let quantizesWeights: Bool
  /// Whether frozen parameters are kept in 8-bit blocks.
  public let quantizesFrozenWeights: Bool
  /// Consecutive ranks that share one copy of the states; nil for all ranks.
  public let shardGroupSize: Int?
  /// Whether gradients are reduced in 4-bit blocks.
  public let quantizesGradients: Bool
  /// How the losses of quantisation come back; nil when they do not.
  public let errorFeedback: ErrorFeedbackPlan?
  /// Consecutive ranks that keep a second copy of the parameters; 1 for none.
  public let secondaryGroupSize: Int

  init(_ zero: Settings<ZeROKeys>) {
    quantizesWeights = zero.quantizesWeights
    quantizesFrozenWeights = zero.quantizesFrozenWeights
    shardGroupSize = zero.miCSShardSize > 0 ? zero.miCSShardSize : nil
    quantizesGradients = zero.quantizesGradients
    secondaryGroupSize = max(1, zero.hierarchicalPartitionSize)
    let feedback = zero.errorFeedback
    errorFeedback =
      feedback.isPresent ? ErrorFeedbackPlan(beta: feedback.errorBeta, resetInterval: feedback.resetInterval) : nil
  }
}

/// Error feedback of quantised gradients.
public struct ErrorFeedbackPlan: Sendable, Equatable {
  /// The share of an old error that stays.
  public let beta: Double
  /// Steps after which errors are forgotten.
  public let resetInterval: Int
}
