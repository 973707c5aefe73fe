/// Keys of `optimizer.params` for Adagrad.
public struct AdagradKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by the root.
  public let learningRate = Key("lr", 1e-2, .atLeast(0))
  /// Added to the root of the sum of squares.
  public let epsilon = Key("eps", 1e-10, .atLeast(0))
  /// Weight decay, added to the gradient.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// The AMSGrad variant, which is refused.
  public let amsgrad = Key("amsgrad", false)
  /// Whether the states are kept in 32 bits; otherwise in the type of the parameters.
  public let keepsFloat32States = Key("fp32_optimizer_states", true)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Keys of `optimizer.params` for LAMB.
public struct LambKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by a layer's trust ratio.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Decay rates of the two moments.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Added to the root of the second moment.
  public let epsilon = Key("eps", 1e-8, .atLeast(0))
  /// Whether `eps` is added under the root.
  public let addsEpsilonInsideRoot = Key("eps_inside_sqrt", false)
  /// Share of each weight that joins its update.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Largest trust ratio of a tensor.
  public let maximumCoefficient = Key("max_coeff", 10.0, .above(0))
  /// Smallest trust ratio of a tensor.
  public let minimumCoefficient = Key("min_coeff", 0.01, .atLeast(0))
  /// Whether the moments are corrected for their start at zero.
  public let correctsBias = Key("bias_correction", true)
  /// The AMSGrad variant, which is refused.
  public let amsgrad = Key("amsgrad", false)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Keys of `optimizer.params` for Lion.
public struct LionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What every weight moves by in a step.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Decay rates of the update and of the moment.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Decoupled weight decay.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Whether the states are kept in 32 bits; otherwise in the type of the parameters.
  public let keepsFloat32States = Key("fp32_optimizer_states", true)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Keys of `optimizer.params` for Muon with its auxiliary Adam.
public struct MuonKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Learning rate of both groups; null means each group's own default.
  public let learningRate = Key<Double?>("lr", nil, .atLeast(0))
  /// Learning rate of the matrices; null means `lr`, else 0.02.
  public let muonLearningRate = Key<Double?>("muon_lr", nil, .atLeast(0))
  /// Learning rate of all other parameters; null means `lr`, else 3e-4.
  public let adamLearningRate = Key<Double?>("adam_lr", nil, .atLeast(0))
  /// Decay rate of the running gradient of the matrices.
  public let momentum = Key("momentum", 0.95, .from(0, below: 1))
  /// Share of each weight, times the rate, that a step takes away.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// How the Newton-Schulz iteration is carried out.
  public let method = Key("ns_method", MuonMethod.gram)
  /// Decay rates of the auxiliary Adam.
  public let betas = Key("betas", [0.9, 0.95], .from(0, below: 1))
  /// Added to the root of the second moment of the auxiliary Adam.
  public let epsilon = Key("eps", 1e-10, .atLeast(0))
  /// Whether the auxiliary Adam decouples its weight decay.
  public let decouplesWeightDecay = Key("adam_w_mode", true)
  /// Whether the auxiliary Adam is the reference implementation.
  public let usesReference = Key("torch_adam", false)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// How Muon makes a matrix orthogonal.
public enum MuonMethod: String, SettingChoice {
  /// Iterating on the product of the matrix with its transpose.
  case gram
  /// Iterating on the matrix.
  case standard
}

/// Keys of `optimizer.params` for 1-bit Adam.
public struct OneBitAdamKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by the moments.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Step from which on the variance is frozen and momenta travel as signs.
  public let freezeStep = Key("freeze_step", 100_000, .atLeast(0))
  /// Accepted; the update has no bias correction.
  public let correctsBias = Key("bias_correction", true)
  /// Decay rates of the two moments.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Added to the root of the second moment.
  public let epsilon = Key("eps", 1e-8, .atLeast(0))
  /// Share of each weight that joins its update.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Whether the transport reads device memory itself.
  public let cudaAware = Key("cuda_aware", false)
  /// Transport of the compressed reduction.
  public let transport = Key("comm_backend_name", CompressedTransport.nccl)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Transports of compressed reductions.
public enum CompressedTransport: String, SettingChoice {
  /// NVIDIA's library.
  case nccl
  /// The machine's message-passing library.
  case mpi
  /// Huawei's library.
  case hccl
  /// The portable one.
  case compressed
}

/// Keys of `optimizer.params` for 0/1 Adam.
public struct ZeroOneAdamKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by a layer's trust ratio.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Step after which the variance is frozen.
  public let varianceFreezeStep = Key("var_freeze_step", 100_000, .atLeast(0))
  /// Updates of the variance before the interval between them doubles.
  public let varianceUpdateScaler = Key("var_update_scaler", 16, .atLeast(1))
  /// Local steps before the interval between reductions doubles.
  public let localStepScaler = Key("local_step_scaler", 32678, .atLeast(1))
  /// Longest interval between reductions.
  public let localStepClipper = Key("local_step_clipper", 16, .atLeast(1))
  /// Accepted; the update has no bias correction.
  public let correctsBias = Key("bias_correction", true)
  /// Decay rates of the two moments.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Added to the root of the second moment.
  public let epsilon = Key("eps", 1e-8, .atLeast(0))
  /// Share of each weight that joins its update.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Whether the transport reads device memory itself.
  public let cudaAware = Key("cuda_aware", false)
  /// Transport of the compressed reduction.
  public let transport = Key("comm_backend_name", CompressedTransport.nccl)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}

/// Keys of `optimizer.params` for 1-bit LAMB.
public struct OneBitLambKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Size of a step before its scaling by the moments.
  public let learningRate = Key("lr", 1e-3, .atLeast(0))
  /// Step from which on the variance is frozen and momenta travel as signs.
  public let freezeStep = Key("freeze_step", 100_000, .atLeast(0))
  /// Accepted; the update has no bias correction.
  public let correctsBias = Key("bias_correction", true)
  /// Decay rates of the two moments.
  public let betas = Key("betas", [0.9, 0.999], .from(0, below: 1))
  /// Added to the root of the second moment.
  public let epsilon = Key("eps", 1e-8, .atLeast(0))
  /// Share of each weight that joins its update.
  public let weightDecay = Key("weight_decay", 0.0, .atLeast(0))
  /// Largest trust ratio of a tensor.
  public let maximumCoefficient = Key("max_coeff", 10.0, .above(0))
  /// Smallest trust ratio of a tensor.
  public let minimumCoefficient = Key("min_coeff", 0.01, .atLeast(0))
  /// Decay rate of the running trust ratio.
  public let coefficientBeta = Key("coeff_beta", 0.9, .between(0, 1))
  /// Largest factor on the frozen trust ratio.
  public let maximumFactor = Key("factor_max", 4.0, .above(0))
  /// Smallest factor on the frozen trust ratio.
  public let minimumFactor = Key("factor_min", 0.5, .atLeast(0))
  /// Largest relative change of the factor in one step.
  public let factorThreshold = Key("factor_threshold", 0.1, .atLeast(0))
  /// Whether the transport reads device memory itself.
  public let cudaAware = Key("cuda_aware", false)
  /// Transport of the compressed reduction.
  public let transport = Key("comm_backend_name", CompressedTransport.nccl)
  /// A limit of the gradient norm, which belongs in `gradient_clipping`.
  public let maximumGradientNorm = Key<Double?>("max_grad_norm", nil)
}
