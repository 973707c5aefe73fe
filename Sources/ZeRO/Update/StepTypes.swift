public import Optimizers

extension ZeROOptimizer {
  /// What the engine says of one step; the same on all ranks.
  public struct StepInputs: Sendable {
    /// What the loss was multiplied with.
    public var lossScale: Double
    /// One for each group.
    public var learningRates: [Double]
    /// The betas of each group, where the schedule moves them.
    public var momenta: [CycledMomentum]?

    /// Inputs of a step.
    public init(lossScale: Double, learningRates: [Double], momenta: [CycledMomentum]? = nil) {
      self.lossScale = lossScale
      self.learningRates = learningRates
      self.momenta = momenta
    }
  }

  /// The first place, in the order of the flat buffers, where a gradient was infinite or NaN.
  public struct Overflow: Sendable, Equatable {
    /// The parameter's path.
    public let path: String
    /// A rank that saw it.
    public let rank: Int
  }

  /// What the parts of a step took on this rank.
  public struct StepTimes: Sendable, Equatable {
    /// Finding the norm, with the exchange between ranks.
    public internal(set) var gradientNorm = Duration.zero
    /// Updating this rank's part of the weights, or waiting for what updates it in the background.
    public internal(set) var update = Duration.zero
    /// Waiting for the rest of the other ranks' parts.
    public internal(set) var gather = Duration.zero
  }

  /// What a step did.
  public struct StepOutcome: Sendable, Equatable {
    /// The norm of the whole gradient, unscaled, before clipping.
    public let gradientNorm: Double
    /// Where the gradient was not finite; the step was then skipped on every rank.
    public let overflow: Overflow?
    /// Updates had begun before the norm was known, and ran again because gradients were clipped.
    public let isRedone: Bool
    /// What its parts took.
    public let times: StepTimes

    init(gradientNorm: Double, overflow: Overflow?, isRedone: Bool = false, times: StepTimes) {
      self.gradientNorm = gradientNorm
      self.overflow = overflow
      self.isRedone = isRedone
      self.times = times
    }
  }
}
