/// The options of Lion, with the defaults of DeepSpeed's `optimizer.params`.
public struct LionOptions: Codable, Sendable, Equatable {
  /// What every weight moves by in a step. `lr`.
  public var learningRate: Double
  /// How much of the mean of gradients joins the direction. The first of `betas`.
  public var beta1: Double
  /// How much of the mean of gradients a step keeps. The second of `betas`.
  public var beta2: Double
  /// How much of a weight a step of rate 1 takes away. `weight_decay`.
  public var weightDecay: Double

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  /// Throws when an option makes no sense.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  public func validate() throws(OptimizerError) {
    try OptimizerError.check("lr", learningRate, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("betas[0]", beta1, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("betas[1]", beta2, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("weight_decay", weightDecay, "a finite number of at least 0") { $0 >= 0 }
  }
}
