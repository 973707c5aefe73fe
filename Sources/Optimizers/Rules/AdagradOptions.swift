/// The options of Adagrad, with the defaults of DeepSpeed's `optimizer.params`.
public struct AdagradOptions: Codable, Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// Added to the root of the sum of squares. `eps`.
  public var epsilon: Double
  /// Added to the gradient as a share of the weight. `weight_decay`.
  public var weightDecay: Double

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-2, epsilon: Double = 1e-10, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Throws when an option makes no sense.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  public func validate() throws(OptimizerError) {
    try OptimizerError.check("lr", learningRate, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("eps", epsilon, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("weight_decay", weightDecay, "a finite number of at least 0") { $0 >= 0 }
  }
}
