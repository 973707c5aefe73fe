/// The optimizer and its numbers.
public enum OptimizerPlan: Sendable, Equatable {
  /// Adam with weight decay added to the gradient.
  case adam(AdamOptions)
  /// Adam with decoupled weight decay.
  case adamW(AdamOptions)
  /// Gradient descent with momentum.
  case sgd(SGDOptions)
  /// Steps divided by the root of the sum of all squared gradients.
  case adagrad(AdagradOptions)
  /// Steps by the sign of the running gradient.
  case lion(LionOptions)
  /// Adam with each parameter's step scaled by its trust ratio.
  case lamb(LambOptions)

  /// Learning rate before any schedule.
  public var learningRate: Double {
    switch self {
    case .adam(let options), .adamW(let options): options.learningRate
    case .sgd(let options): options.learningRate
    case .adagrad(let options): options.learningRate
    case .lion(let options): options.learningRate
    case .lamb(let options): options.learningRate
    }
  }
}

/// Numbers of Adam and AdamW.
public struct AdamOptions: Sendable, Equatable {
  /// The rate at which a schedule starts or that it replaces; at least 0.
  public let learningRate: Double
  /// Decay rate of the first moment.
  public let beta1: Double
  /// Decay rate of the second moment.
  public let beta2: Double
  /// Added to the root of the second moment.
  public let epsilon: Double
  /// Share of each weight, times the rate, that a step takes away; at least 0.
  public let weightDecay: Double
  /// Whether the moments are corrected for their start at zero.
  public let correctsBias: Bool
  /// Whether the reference implementation runs instead of the fused one.
  public let usesReference: Bool
}

/// Numbers of SGD.
public struct SGDOptions: Sendable, Equatable {
  /// The rate at which a schedule starts or that it replaces; at least 0.
  public let learningRate: Double
  /// Decay rate of the running gradient; 0 keeps none.
  public let momentum: Double
  /// Share of each gradient that the running gradient leaves out.
  public let dampening: Double
  /// Weight decay, added to the gradient.
  public let weightDecay: Double
  /// Nesterov's momentum.
  public let usesNesterov: Bool
  /// Whether the loss is maximised.
  public let maximizes: Bool
}

/// Numbers of Adagrad.
public struct AdagradOptions: Sendable, Equatable {
  /// The rate at which a schedule starts or that it replaces; at least 0.
  public let learningRate: Double
  /// Added to the root of the sum of squares.
  public let epsilon: Double
  /// Weight decay, added to the gradient.
  public let weightDecay: Double
}

/// Numbers of Lion.
public struct LionOptions: Sendable, Equatable {
  /// The rate at which a schedule starts or that it replaces; at least 0.
  public let learningRate: Double
  /// Share of the running gradient in the direction of a step.
  public let beta1: Double
  /// Decay rate of the running gradient.
  public let beta2: Double
  /// Share of each weight, times the rate, that a step takes away; at least 0.
  public let weightDecay: Double
}

/// Numbers of LAMB.
public struct LambOptions: Sendable, Equatable {
  /// The rate at which a schedule starts or that it replaces; at least 0.
  public let learningRate: Double
  /// Decay rate of the first moment.
  public let beta1: Double
  /// Decay rate of the second moment.
  public let beta2: Double
  /// Added to the root of the second moment.
  public let epsilon: Double
  /// Whether ``epsilon`` is added under the root.
  public let addsEpsilonInsideRoot: Bool
  /// Share of each weight that joins its direction.
  public let weightDecay: Double
  /// Largest trust ratio of a parameter.
  public let maximumCoefficient: Double
  /// Smallest trust ratio of a parameter.
  public let minimumCoefficient: Double
  /// Whether the moments are corrected for their start at zero.
  public let correctsBias: Bool
}

extension OptimizerPlan {
  /// The optimizer of the resolved settings; nil when the configuration names none.
  init?(_ settings: Settings<OptimizerKeys>) {
    switch settings.type {
    case .adam, .adamW:
      let keys = settings[\.parameters, as: AdamKeys.self]
      guard let options = AdamOptions(keys) else { return nil }
      self = settings.type == .adamW || keys.decouplesWeightDecay ? .adamW(options) : .adam(options)
    case .sgd: self = .sgd(SGDOptions(settings[\.parameters, as: SGDKeys.self]))
    case .adagrad: self = .adagrad(AdagradOptions(settings[\.parameters, as: AdagradKeys.self]))
    case .lion:
      guard let options = LionOptions(settings[\.parameters, as: LionKeys.self]) else { return nil }
      self = .lion(options)
    case .lamb:
      guard let options = LambOptions(settings[\.parameters, as: LambKeys.self]) else { return nil }
      self = .lamb(options)
    default: return nil
    }
  }
}

extension OptimizerPlan {
  /// `fp32_optimizer_states` of the optimizers that have it; true for the others.
  static func keepsFloat32States(_ settings: Settings<OptimizerKeys>) -> Bool {
    switch settings.type {
    case .adam, .adamW: settings[\.parameters, as: AdamKeys.self].keepsFloat32States
    case .adagrad: settings[\.parameters, as: AdagradKeys.self].keepsFloat32States
    case .lion: settings[\.parameters, as: LionKeys.self].keepsFloat32States
    default: true
    }
  }
}

extension AdamOptions {
  init?(_ keys: Settings<AdamKeys>) {
    guard keys.betas.count == 2 else { return nil }
    learningRate = keys.learningRate
    beta1 = keys.betas[0]
    beta2 = keys.betas[1]
    epsilon = keys.epsilon
    weightDecay = keys.weightDecay ?? 0
    correctsBias = keys.correctsBias
    usesReference = keys.usesReference
  }
}

extension SGDOptions {
  init(_ keys: Settings<SGDKeys>) {
    learningRate = keys.learningRate
    momentum = keys.momentum
    dampening = keys.dampening
    weightDecay = keys.weightDecay
    usesNesterov = keys.usesNesterov
    maximizes = keys.maximizes
  }
}

extension AdagradOptions {
  init(_ keys: Settings<AdagradKeys>) {
    learningRate = keys.learningRate
    epsilon = keys.epsilon
    weightDecay = keys.weightDecay
  }
}

extension LionOptions {
  init?(_ keys: Settings<LionKeys>) {
    guard keys.betas.count == 2 else { return nil }
    learningRate = keys.learningRate
    beta1 = keys.betas[0]
    beta2 = keys.betas[1]
    weightDecay = keys.weightDecay
  }
}

extension LambOptions {
  init?(_ keys: Settings<LambKeys>) {
    guard keys.betas.count == 2 else { return nil }
    learningRate = keys.learningRate
    beta1 = keys.betas[0]
    beta2 = keys.betas[1]
    epsilon = keys.epsilon
    addsEpsilonInsideRoot = keys.addsEpsilonInsideRoot
    weightDecay = keys.weightDecay
    maximumCoefficient = keys.maximumCoefficient
    minimumCoefficient = keys.minimumCoefficient
    correctsBias = keys.correctsBias
  }
}
