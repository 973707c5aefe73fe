public import Torch

/// Which rule updates a parameter group, and its options: the `optimizer` section of a config.
public enum OptimizerOptions: Codable, Sendable, Equatable {
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
  /// - Throws: `OptimizerError.option` for options that make no sense.
  public func makeRule(stateDType: DType = .float32) throws(OptimizerError) -> any OptimizerRule {
    switch self {
    case .adam(let options): try Adam(options, stateDType: stateDType)
    case .sgd(let options): try SGD(options, stateDType: stateDType)
    case .adagrad(let options): try Adagrad(options, stateDType: stateDType)
    case .lion(let options): try Lion(options, stateDType: stateDType)
    case .lamb(let options): try Lamb(options, stateDType: stateDType)
    }
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

  private var common: any CommonOptions {
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

/// What every rule's options have.
private protocol CommonOptions {
  var learningRate: Double { get set }
  var weightDecay: Double { get set }
  var choice: OptimizerOptions { get }
}

extension AdamOptions: CommonOptions { fileprivate var choice: OptimizerOptions { .adam(self) } }
extension SGDOptions: CommonOptions { fileprivate var choice: OptimizerOptions { .sgd(self) } }
extension AdagradOptions: CommonOptions { fileprivate var choice: OptimizerOptions { .adagrad(self) } }
extension LionOptions: CommonOptions { fileprivate var choice: OptimizerOptions { .lion(self) } }
extension LambOptions: CommonOptions { fileprivate var choice: OptimizerOptions { .lamb(self) } }
