/// Keys of `optimizer`: which rule updates the weights.
public struct OptimizerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Name of the optimizer; null leaves it to the program.
  public let type = Key<OptimizerType?>("type", nil)
  /// Parameters of the optimizer, by its type.
  public let parameters = Variant<OptimizerType>("params", chosenBy: "type")
  /// Whether the older fused implementation is used; without effect here.
  public let usesLegacyFusion = Key("legacy_fusion", false)
}

/// The optimizers by their names in the configuration, upper and lower case alike.
public enum OptimizerType: String, VariantChoice {
  /// Adam; with `adam_w_mode`, which is the default, the same as AdamW.
  case adam = "Adam"
  /// Adam with decoupled weight decay.
  case adamW = "AdamW"
  /// Gradient descent with momentum.
  case sgd = "SGD"
  /// Steps divided by the root of the sum of all squared gradients.
  case adagrad = "Adagrad"
  /// Adam with each layer's step scaled by its trust ratio.
  case lamb = "Lamb"
  /// Steps by the sign of the running gradient alone.
  case lion = "Lion"
  /// Muon for matrices, Adam for the rest.
  case muon = "Muon"
  /// 1-bit Adam.
  case oneBitAdam = "OneBitAdam"
  /// 1-bit LAMB.
  case oneBitLamb = "OneBitLamb"
  /// 0/1 Adam.
  case zeroOneAdam = "ZeroOneAdam"
  /// Adam under the maximal update parametrisation.
  case muAdam = "MuAdam"
  /// AdamW under the maximal update parametrisation.
  case muAdamW = "MuAdamW"
  /// SGD under the maximal update parametrisation.
  case muSGD = "MuSGD"

  /// The keys of the optimizer's `params`.
  public var section: any Section.Type {
    switch self {
    case .adam, .adamW, .muAdam, .muAdamW: AdamKeys.self
    case .sgd, .muSGD: SGDKeys.self
    case .adagrad: AdagradKeys.self
    case .lamb: LambKeys.self
    case .lion: LionKeys.self
    case .muon: MuonKeys.self
    case .oneBitAdam: OneBitAdamKeys.self
    case .oneBitLamb: OneBitLambKeys.self
    case .zeroOneAdam: ZeroOneAdamKeys.self
    }
  }
}

/// Keys of `optimizer.params` for Adam and AdamW.
public struct AdamKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by the moments.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Decay rates of the two moments.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Added to the root of the second moment.
  public let epsilon = Key("eps", 1e-8, .atLeast(0))
  /// Weight decay; null means 0, or 0.01 for AdamW with `torch_adam`, as PyTorch has it.
  public let weightDecay = Key<Double?>("weight_decay", nil, .atLeast(0))
  /// Whether the moments are corrected for their start at zero.
  public let correctsBias = Key("bias_correction", true)
  /// The AMSGrad variant, which is refused.
  public let amsgrad = Key("amsgrad", false)
  /// Whether the reference implementation is used instead of the fused one.
  public let usesReference = Key("torch_adam", false)
  /// Whether weight decay is decoupled; type AdamW always decouples it.
  public let decouplesWeightDecay = Key("adam_w_mode", true)
  /// Whether the states are kept in 32 bits; otherwise in the type of the parameters.
  public let keepsFloat32States = Key("fp32_optimizer_states", true)
  /// Whether gradients are released after a step; without effect here.
  public let setsGradientsNone = Key("set_grad_none", true)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Keys of `optimizer.params` for SGD.
public struct SGDKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Multiplies the gradient in each step.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Decay rate of the running gradient; 0 keeps none.
  public let momentum = Key("momentum", 0.0, .atLeast(0))
  /// Share of each gradient that the running gradient leaves out.
  public let dampening = Key("dampening", 0.0)
  /// Weight decay, added to the gradient.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Nesterov's momentum.
  public let usesNesterov = Key("nesterov", false)
  /// Whether the loss is maximised.
  public let maximizes = Key("maximize", false)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}
