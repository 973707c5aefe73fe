/// The optimizer and the keys of its `params`, resolved.
public enum OptimizerPlan: Sendable {
  /// Adam with weight decay added to the gradient.
  case adam(Settings<AdamKeys>)
  /// Adam with decoupled weight decay.
  case adamW(Settings<AdamKeys>)
  /// Gradient descent with momentum.
  case sgd(Settings<SGDKeys>)
  /// Steps divided by the root of the sum of all squared gradients.
  case adagrad(Settings<AdagradKeys>)
  /// Steps by the sign of the running gradient.
  case lion(Settings<LionKeys>)
  /// Adam with each parameter's step scaled by its trust ratio.
  case lamb(Settings<LambKeys>)

  /// The optimizer of the resolved settings; nil when the configuration names none.
  init?(_ settings: Settings<OptimizerKeys>) {
    switch settings.type {
    case .adam, .adamW:
      let keys = settings[\.parameters, as: AdamKeys.self]
      self = settings.type == .adamW || keys.decouplesWeightDecay ? .adamW(keys) : .adam(keys)
    case .sgd: self = .sgd(settings[\.parameters, as: SGDKeys.self])
    case .adagrad: self = .adagrad(settings[\.parameters, as: AdagradKeys.self])
    case .lion: self = .lion(settings[\.parameters, as: LionKeys.self])
    case .lamb: self = .lamb(settings[\.parameters, as: LambKeys.self])
    default: return nil
    }
  }

  /// Learning rate before any schedule.
  public var learningRate: Double {
    switch self {
    case .adam(let keys), .adamW(let keys): keys.learningRate
    case .sgd(let keys): keys.learningRate
    case .adagrad(let keys): keys.learningRate
    case .lion(let keys): keys.learningRate
    case .lamb(let keys): keys.learningRate
    }
  }

  /// `fp32_optimizer_states` of the optimizers that have it; true for the others.
  var keepsFloat32States: Bool {
    switch self {
    case .adam(let keys), .adamW(let keys): keys.keepsFloat32States
    case .adagrad(let keys): keys.keepsFloat32States
    case .lion(let keys): keys.keepsFloat32States
    case .sgd, .lamb: true
    }
  }
}
