public import Torch

/// Which rule updates a parameter group, and its options: the `optimizer` section of a config.
public enum OptimizerOptions: Sendable, Equatable {
  /// Adam or AdamW.
  case adam(AdamOptions)
  /// Stochastic gradient descent.
  case sgd(SGDOptions)
  /// Steps divided by the root of the sum of squared gradients.
  case adagrad(AdagradOptions)
  /// Steps by the sign of the mean of gradients.
  case lion(LionOptions)
  /// Adam with each parameter's step scaled by its trust ratio.
  case lamb(LambOptions)

  /// A new rule, before its first step.
  ///
  /// - Parameter stateDType: of its states: f32, bf16 or f16.
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for another dtype.
  public func makeRule(stateDType: DType = .float32) throws(OptimizerError) -> any OptimizerRule {
    try common.makeRule(stateDType: stateDType)
  }

  /// The learning rate that schedules start from.
  public var learningRate: Double {
    get { common.learningRate }
    set { common.learningRate = newValue }
  }

  /// The weight decay; a parameter group may have its own.
  public var weightDecay: Double {
    get { common.weightDecay }
    set { common.weightDecay = newValue }
  }

  private var common: any RuleOptions {
    get {
      switch self {
      case .adam(let options): options
      case .sgd(let options): options
      case .adagrad(let options): options
      case .lion(let options): options
      case .lamb(let options): options
      }
    }
    set { self = newValue.choice }
  }
}
