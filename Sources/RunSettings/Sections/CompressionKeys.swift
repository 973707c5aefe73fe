/// Keys of `compression_training`.
public struct CompressionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Weights as numbers of few bits.
  public let weightQuantization = Subsection<WeightQuantizationTechniqueKeys>("weight_quantization")
  /// Activations as numbers of few bits.
  public let activationQuantization = Subsection<ActivationQuantizationTechniqueKeys>(
    "activation_quantization")
  /// Single weights set to zero.
  public let sparsePruning = Subsection<SparsePruningTechniqueKeys>("sparse_pruning")
  /// Rows set to zero.
  public let rowPruning = Subsection<RowPruningTechniqueKeys>("row_pruning")
  /// Attention heads set to zero.
  public let headPruning = Subsection<HeadPruningTechniqueKeys>("head_pruning")
  /// Channels of convolutions set to zero.
  public let channelPruning = Subsection<ChannelPruningTechniqueKeys>("channel_pruning")
  /// A smaller model that starts from some layers of a larger one.
  public let layerReduction = Subsection<LayerReductionKeys>("layer_reduction")
}

/// Keys of `compression_training.weight_quantization`.
public struct WeightQuantizationTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<WeightQuantizationSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<WeightQuantizationGroupKeys>("different_groups")
}

/// Keys of `weight_quantization.shared_parameters`.
public struct WeightQuantizationSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// Whether the CUDA kernel quantises.
  public let usesKernel = Key("quantizer_kernel", false)
  /// Step from which on weights are quantised.
  public let startStep = Key("schedule_offset", 0, .atLeast(0))
  /// Groups with a scale of their own.
  public let groupCount = Key("quantize_groups", 1, .atLeast(1))
  /// Whether changes of bits are logged.
  public let isVerbose = Key("quantize_verbose", false)
  /// Whether zero is in the middle of the range.
  public let symmetry = Key("quantization_type", QuantizationSymmetry.symmetric)
  /// Whether weights are quantised in the forward pass instead of in the step.
  public let quantizesInForward = Key("quantize_weight_in_forward", false)
  /// How numbers are rounded.
  public let rounding = Key("rounding", QuantizationRounding.nearest)
  /// Slow passage from real to quantised weights.
  public let mixing = Subsection<QuantizationMixingKeys>("fp16_mixed_quantize")
}

/// Whether zero is in the middle of a quantised range.
public enum QuantizationSymmetry: String, SettingChoice {
  /// It is.
  case symmetric
  /// It need not be.
  case asymmetric
}

/// How quantised numbers are rounded.
public enum QuantizationRounding: String, SettingChoice {
  /// To the nearest level, ties to the even one.
  case nearest
  /// Up or down at random.
  case stochastic
}

/// Keys of `fp16_mixed_quantize`.
public struct QuantizationMixingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Mixes real and quantised weights.
  public let enabled = Key("enabled", false)
  /// By how much the share of real weights falls in a step.
  public let changeRatio = Key("quantize_change_ratio", 0.001, .between(0, 1))
}

/// Keys of a group of `weight_quantization.different_groups`.
public struct WeightQuantizationGroupKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Parameters of the group.
  public let parameters = Subsection<WeightQuantizationParameterKeys>("params")
  /// Patterns of module names.
  public let modules = Key("modules", ["*"])
  /// Modules whose inputs change with these.
  public let relatedModules = Key<[[String]]?>("related_modules", nil)
}

/// Keys of `params` of a group of `weight_quantization`.
public struct WeightQuantizationParameterKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Bits at the start; must be given.
  public let startBits = Key<Int?>("start_bits", nil, .between(1, 32))
  /// Bits at the end; must be given.
  public let targetBits = Key<Int?>("target_bits", nil, .between(1, 32))
  /// Steps until the first loss of a bit; each further one takes twice as long.
  public let period = Key("quantization_period", 1, .atLeast(0))
}

/// Keys of `compression_training.activation_quantization`.
public struct ActivationQuantizationTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<ActivationQuantizationSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<ActivationQuantizationGroupKeys>("different_groups")
}

/// Keys of `activation_quantization.shared_parameters`.
public struct ActivationQuantizationSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// Whether zero is in the middle of the range.
  public let symmetry = Key("quantization_type", QuantizationSymmetry.symmetric)
  /// Whether the range is measured for each token or kept over steps.
  public let calibration = Key("range_calibration", RangeCalibration.dynamic)
  /// Step from which on activations are quantised.
  public let startStep = Key("schedule_offset", 1000, .atLeast(0))
}

/// How the range of activations is found.
public enum RangeCalibration: String, SettingChoice {
  /// For each token.
  case dynamic
  /// As a running range over steps.
  case `static`
}

/// Keys of a group of `activation_quantization.different_groups`.
public struct ActivationQuantizationGroupKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Parameters of the group.
  public let parameters = Subsection<ActivationQuantizationParameterKeys>("params")
  /// Patterns of module names.
  public let modules = Key("modules", ["*"])
  /// Modules whose inputs change with these.
  public let relatedModules = Key<[[String]]?>("related_modules", nil)
}

/// Keys of `params` of a group of `activation_quantization`.
public struct ActivationQuantizationParameterKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Bits; must be given.
  public let bits = Key<Int?>("bits", nil, .oneOf([4, 8]))
}

/// Keys of `compression_training.layer_reduction`.
public struct LayerReductionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Starts a smaller model from a larger one.
  public let enabled = Key("enabled", false)
  /// Layers of the smaller model.
  public let layerCount = Key<Int?>("keep_number_layer", nil, .atLeast(1))
  /// Path of the layers in the model.
  public let prefix = Key<String?>("module_name_prefix", nil)
  /// Indices of the larger model's layers.
  public let teacherLayers = Key<[Int]?>("teacher_layer", nil, .atLeast(0))
  /// Further modules that are copied.
  public let otherModules = Key<[String]?>("other_module_name", nil)
}
