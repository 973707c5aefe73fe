/// The options of Adam and AdamW, with the names and defaults of DeepSpeed's `optimizer.params`.
public struct AdamOptions: Codable, Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// The first of `betas`: how much of the mean of gradients a step keeps.
  public var beta1: Double
  /// The second of `betas`: how much of the mean of squares a step keeps.
  public var beta2: Double
  /// Added to the root of the mean of squares. `eps`.
  public var epsilon: Double
  /// How much of a weight a step of rate 1 takes away (decoupled), or adds to its gradient. `weight_decay`.
  public var weightDecay: Double
  /// Whether the means are corrected for their start at zero. `bias_correction`.
  public var correctsBias: Bool
  /// Whether the decay is taken from the weights (AdamW) instead of being added to the gradient.
  /// `adam_w_mode`, which DeepSpeed switches on for the type "Adam" as well.
  public var isDecoupled: Bool
  /// Whether the step is made of ordinary tensor operations instead of the fused kernel. `torch_adam`.
  public var usesTensorOperations: Bool

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, correctsBias: Bool = true, isDecoupled: Bool = true,
    usesTensorOperations: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.correctsBias = correctsBias
    self.isDecoupled = isDecoupled
    self.usesTensorOperations = usesTensorOperations
  }

  enum CodingKeys: String, CodingKey {
    case learningRate = "lr"
    case betas
    case epsilon = "eps"
    case weightDecay = "weight_decay"
    case correctsBias = "bias_correction"
    case isDecoupled = "adam_w_mode"
    case usesTensorOperations = "torch_adam"
  }

  /// Reads the `params` of a config's `optimizer` section; keys that are not there keep their defaults.
  ///
  /// - Throws: `DecodingError` for a value of another kind.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
    if values.contains(.betas) {
      var betas = try values.nestedUnkeyedContainer(forKey: .betas)
      beta1 = try betas.decode(Double.self)
      beta2 = try betas.decode(Double.self)
    }
    epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? epsilon
    weightDecay = try values.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    correctsBias = try values.decodeIfPresent(Bool.self, forKey: .correctsBias) ?? correctsBias
    isDecoupled = try values.decodeIfPresent(Bool.self, forKey: .isDecoupled) ?? isDecoupled
    usesTensorOperations =
      try values.decodeIfPresent(Bool.self, forKey: .usesTensorOperations) ?? usesTensorOperations
  }

  /// Writes every option under its key of a config, the betas as a pair.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(learningRate, forKey: .learningRate)
    try values.encode([beta1, beta2], forKey: .betas)
    try values.encode(epsilon, forKey: .epsilon)
    try values.encode(weightDecay, forKey: .weightDecay)
    try values.encode(correctsBias, forKey: .correctsBias)
    try values.encode(isDecoupled, forKey: .isDecoupled)
    try values.encode(usesTensorOperations, forKey: .usesTensorOperations)
  }

  /// Throws when an option makes no sense; a schedule's values are checked by it as well, at each step.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  public func validate() throws(OptimizerError) {
    try OptimizerError.check("lr", learningRate, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("betas[0]", beta1, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("betas[1]", beta2, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try OptimizerError.check("eps", epsilon, "a finite number of at least 0") { $0 >= 0 }
    try OptimizerError.check("weight_decay", weightDecay, "a finite number of at least 0") { $0 >= 0 }
  }
}
