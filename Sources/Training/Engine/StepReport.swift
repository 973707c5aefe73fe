public import Monitoring

/// What one optimizer step did.
public struct StepReport: Sendable, Equatable {
  /// The step's number, 1 for the first.
  public let step: Int
  /// The mean loss over the step's micro batches and all ranks.
  public let loss: Double
  /// The learning rate of the first parameter group in this step.
  public let learningRate: Double
  /// The norm of the whole gradient before clipping; not finite when the step was skipped.
  public let gradientNorm: Double
  /// The loss scale that the step's gradients carried; 1 without fp16.
  public let lossScale: Double
  /// Where a gradient was not finite, when the step was skipped for it.
  public let overflow: Overflow?
  /// Whether updates that `super_offload` began were taken back and run again, because gradients were clipped.
  public let isRedone: Bool
  /// Samples trained on so far, by all ranks.
  public let globalSamples: Int
  /// Tokens that this step trained on, by all ranks.
  public let tokenCount: Int
  /// Wall time of the step in seconds.
  public let seconds: Double
  /// Milliseconds of each phase of the step on this rank; empty unless `wall_clock_breakdown` is on.
  public let phases: [WallClockTimers.Phase: Double]

  /// Tokens a second over all ranks.
  public var tokensPerSecond: Double { seconds > 0 ? Double(tokenCount) / seconds : 0 }

  /// The first place, in the order in which backward runs, where a gradient was infinite or NaN.
  public struct Overflow: Sendable, Equatable {
    /// The parameter's path.
    public let parameter: String
    /// A rank that saw it.
    public let rank: Int

    /// A place.
    public init(parameter: String, rank: Int) {
      self.parameter = parameter
      self.rank = rank
    }
  }

  /// A report of these figures.
  public init(
    step: Int, loss: Double, learningRate: Double, gradientNorm: Double, lossScale: Double, overflow: Overflow?,
    isRedone: Bool = false, globalSamples: Int, tokenCount: Int, seconds: Double, phases: [WallClockTimers.Phase: Double] = [:]
  ) {
    self.step = step
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.lossScale = lossScale
    self.overflow = overflow
    self.isRedone = isRedone
    self.globalSamples = globalSamples
    self.tokenCount = tokenCount
    self.seconds = seconds
    self.phases = phases
  }
}
