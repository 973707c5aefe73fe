/// Keys of `fp16`: float16 training with loss scaling.
public struct Float16Keys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Trains in float16.
  public let enabled = Key("enabled", false)
  /// Whether inputs of the model are cast to float16.
  public let castsInputs = Key("auto_cast", false)
  /// Factor on the loss; 0 adapts it to overflows.
  public let lossScale = Key("loss_scale", 0.0, .atLeast(0))
  /// The adaptive scale starts at 2 to this power.
  public let initialScalePower = Key("initial_scale_power", 16, .between(0, 127))
  /// Steps without overflow after which the adaptive scale doubles.
  public let scaleWindow = Key("loss_scale_window", 1000)
  /// Overflows that are tolerated before the adaptive scale halves.
  public let hysteresis = Key("hysteresis", 2, .atLeast(1))
  /// Whether each step without overflow refills the hysteresis.
  public let refillsHysteresis = Key("consecutive_hysteresis", false)
  /// The adaptive scale does not fall below this.
  public let minimumScale = Key("min_loss_scale", 1)
  /// Whether master weights and gradients are kept in float16.
  public let keepsFloat16Masters = Key("fp16_master_weights_and_grads", false)
}

/// Keys of `bf16`: bfloat16 training.
public struct BFloat16Keys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Trains in bfloat16.
  public let enabled = Key("enabled", false)
  /// Whether a gradient is added to its 32-bit sum as soon as it appears.
  public let updatesGradientsImmediately = Key("immediate_grad_update", false)
  /// Whether a step with infinite or undefined gradients is skipped.
  public let checksOverflow = Key("check_grad_overflow", true)
  /// Whether master weights and gradients are kept in bfloat16.
  public let keepsBFloat16Masters = Key("bf16_master_weights_and_grads", false)
  /// Whether optimizer states are kept in bfloat16.
  public let keepsBFloat16States = Key("bf16_optimizer_states", false)
}

/// Keys of `torch_autocast`: 32-bit parameters, forward operations in 16 bits where that is safe.
public struct AutocastKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Runs the forward pass under autocast.
  public let enabled = Key("enabled", false)
  /// The 16-bit type.
  public let dataType = Key<FloatType?>("dtype", nil)
  /// Module classes whose gradients travel in the 16-bit type; null means linear and convolution layers.
  public let safeModules = Key<[String]?>("lower_precision_safe_modules", nil)
}

/// Keys of `amp`: mixed precision of NVIDIA Apex, whose own options are passed on.
public struct AmpKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Options of Apex are kept as they are.
  public static var keepsOtherKeys: Bool { true }

  /// Trains with Apex.
  public let enabled = Key("enabled", false)
  /// Level of mixing, `O0` to `O3`.
  public let level = Key<String?>("opt_level", nil)
}
