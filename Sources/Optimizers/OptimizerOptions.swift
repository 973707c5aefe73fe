/// Which rule updates a parameter group, and its options: the `optimizer` section of a config.
public enum OptimizerOptions: Codable, Sendable, Equatable {
  /// Adam or AdamW.
  case adam(AdamOptions)
  /// Stochastic gradient descent.
  case sgd(SGDOptions)

  /// A new rule, before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense.
  public func makeRule() throws(OptimizerError) -> any OptimizerRule {
    switch self {
    case .adam(let options): try Adam(options)
    case .sgd(let options): try SGD(options)
    }
  }

  /// The learning rate that schedules start from.
  public var learningRate: Double {
    get {
      switch self {
      case .adam(let options): options.learningRate
      case .sgd(let options): options.learningRate
      }
    }
    set { replace(newValue, adam: \.learningRate, sgd: \.learningRate) }
  }

  /// The weight decay; a parameter group may have its own.
  public var weightDecay: Double {
    get {
      switch self {
      case .adam(let options): options.weightDecay
      case .sgd(let options): options.weightDecay
      }
    }
    set { replace(newValue, adam: \.weightDecay, sgd: \.weightDecay) }
  }

  private mutating func replace(
    _ value: Double, adam: WritableKeyPath<AdamOptions, Double>, sgd: WritableKeyPath<SGDOptions, Double>
  ) {
    switch self {
    case .adam(var options):
      options[keyPath: adam] = value
      self = .adam(options)
    case .sgd(var options):
      options[keyPath: sgd] = value
      self = .sgd(options)
    }
  }
}
