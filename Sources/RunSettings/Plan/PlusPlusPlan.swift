/// ZeRO++: quantised communication and secondary shards.
public struct PlusPlusPlan: Sendable, Equatable {
  /// Whether parameters are gathered in 8-bit blocks.
  public let quantizesWeights: Bool
  /// Whether gradients are reduced in 4-bit blocks.
  public let quantizesGradients: Bool
  /// How the losses of quantisation come back; nil when they do not.
  public let errorFeedback: ErrorFeedbackPlan?
  /// Consecutive ranks that keep a second copy of the parameters; 1 for none.
  public let secondaryGroupSize: Int

  init(_ zero: Settings<ZeROKeys>) {
    quantizesWeights = zero.quantizesWeights
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
