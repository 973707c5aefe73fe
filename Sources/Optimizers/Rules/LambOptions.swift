/// The options of LAMB, with the defaults of DeepSpeed's `optimizer.params`.
public struct LambOptions: Codable, Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// How much of the mean of gradients a step keeps. The first of `betas`.
  public var beta1: Double
  /// How much of the mean of squares a step keeps. The second of `betas`.
  public var beta2: Double
  /// Added to the root of the mean of squares. `eps`.
  public var epsilon: Double
  /// Whether `epsilon` is added under the root. `eps_inside_sqrt`.
  public var addsEpsilonInsideRoot: Bool
  /// How much of a weight joins its direction. `weight_decay`.
  public var weightDecay: Double
  /// The largest trust ratio. `max_coeff`.
  public var maximumRatio: Double
  /// The smallest trust ratio. `min_coeff`.
  public var minimumRatio: Double
  /// Whether the means are corrected for their start at zero. `bias_correction`.
  public var correctsBias: Bool

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    addsEpsilonInsideRoot: Bool = false, weightDecay: Double = 0, maximumRatio: Double = 10,
    minimumRatio: Double = 0.01, correctsBias: Bool = true
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.addsEpsilonInsideRoot = addsEpsilonInsideRoot
    self.weightDecay = weightDecay
    self.maximumRatio = maximumRatio
    self.minimumRatio = minimumRatio
    self.correctsBias = correctsBias
  }

  /// Throws when an option makes no sense.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  public func validate() throws(OptimizerError) {
    try OptimizerError.check("lr", learningRate, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("betas[0]", beta1, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("betas[1]", beta2, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("eps", epsilon, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("weight_decay", weightDecay, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("min_coeff", minimumRatio, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("max_coeff", maximumRatio, "a finite number of at least 'min_coeff'") { $0 >= minimumRatio }
  }
}
