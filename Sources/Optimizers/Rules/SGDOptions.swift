/// The options of stochastic gradient descent, with the names and defaults of torch's `SGD`.
public struct SGDOptions: Codable, Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// How much of the velocity a step keeps; 0: there is none, and no state. `momentum`.
  public var momentum: Double
  /// How much of a gradient does not reach the velocity. `dampening`.
  public var dampening: Double
  /// Added to the gradient as a share of the weight. `weight_decay`.
  public var weightDecay: Double
  /// Whether the step looks ahead along the velocity. `nesterov`.
  public var isNesterov: Bool

  /// torch's defaults.
  public init(
    learningRate: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
    isNesterov: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    self.isNesterov = isNesterov
  }

  enum CodingKeys: String, CodingKey {
    case learningRate = "lr"
    case momentum
    case dampening
    case weightDecay = "weight_decay"
    case isNesterov = "nesterov"
  }

  /// Reads the `params` of a config's `optimizer` section; keys that are not there keep their defaults.
  ///
  /// - Throws: `DecodingError` for a value of another kind.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
    momentum = try values.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
    dampening = try values.decodeIfPresent(Double.self, forKey: .dampening) ?? dampening
    weightDecay = try values.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    isNesterov = try values.decodeIfPresent(Bool.self, forKey: .isNesterov) ?? isNesterov
  }

  /// Throws when an option makes no sense, or the momentum that a lookahead needs is missing.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  public func validate() throws(OptimizerError) {
    try OptimizerError.check("lr", learningRate, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("momentum", momentum, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("weight_decay", weightDecay, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("dampening", dampening, "a finite number") { _ in true }
    guard !isNesterov || (momentum > 0 && dampening == 0) else {
      throw .option(
        name: "nesterov", value: "true", expected: "false, or used with momentum and no dampening")
    }
  }
}
