/// The configuration of an inference engine that injects kernels: DeepSpeed's `init_inference`.
public struct InferenceKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Whether fused inference kernels replace layers.
  public let injectsKernels = Key("replace_with_kernel_inject", false, aliases: ["kernel_inject"])
  /// Type of the model's parameters.
  public let dataType = Key("dtype", InferenceType.float16)
  /// Tensor parallelism.
  public let tensorParallel = Subsection<InferenceTensorKeys>("tensor_parallel", aliases: ["tp"])
  /// Earlier name of the tensor-parallel size.
  public let formerTensorSize = Deprecated("mp_size", .renamed(to: "tensor_parallel.tp_size"))
  /// Whether operations are replayed from CUDA graphs.
  public let usesGraphs = Key("enable_cuda_graph", false)
  /// Whether Triton kernels are used.
  public let usesTriton = Key("use_triton", false)
  /// Whether Triton kernels are tuned first.
  public let tunesTriton = Key("triton_autotune", false)
  /// ZeRO for models larger than memory.
  public let zero = Subsection<ZeROKeys>("zero")
  /// Whether attention looks backwards only.
  public let masksTriangularly = Key("triangular_masking", true, aliases: ["tm"])
  /// Mixture of experts.
  public let experts = Subsection<InferenceExpertKeys>("moe", switchedBy: "enabled")
  /// Earlier name of the number of ranks that share the experts.
  public let formerExpertSize = Deprecated("ep_size", .renamed(to: "moe.ep_size"))
  /// Earlier name of the numbers of experts.
  public let formerExpertCounts = Deprecated("moe_experts", .renamed(to: "moe.moe_experts"))
  /// Earlier name of the kind of mixture.
  public let formerExpertType = Deprecated("moe_type", .renamed(to: "moe.type"))
  /// Whether weights stay in host memory while they load.
  public let keepsOnHost = Key("keep_module_on_host", false)
  /// Quantisation to 8 bits.
  public let quantization = Subsection<InferenceQuantizationKeys>("quant")
  /// Path of a checkpoint, or an object that describes one.
  public let checkpoint = Key<JSONNode?>("checkpoint", nil)
  /// Folder of the checkpoint's files.
  public let baseFolder = Key("base_dir", "")
  /// Whether the model starts without weights.
  public let startsEmpty = Key("set_empty_params", false)
  /// Folder in which the loaded, divided model is saved.
  public let savePath = Key<String?>("save_mp_checkpoint_path", nil)
  /// Where the weights come from, instead of the model itself.
  public let checkpointPaths = Subsection<InferenceCheckpointKeys>(
    "checkpoint_config", aliases: ["ckpt_config"])
  /// Whether layers return tuples.
  public let returnsTuples = Key("return_tuple", true)
  /// Tensor-parallel ranks that the checkpoint was trained on.
  public let trainingTensorSize = Key("training_mp_size", 1, .atLeast(1))
  /// A former choice of replacement methods.
  public let replaceMethod = Deprecated("replace_method", .ignored("nothing: the method is found by itself"))
  /// Layer classes with their replacements, set by a program.
  public let injectionPolicy = Key<JSONNode?>("injection_policy", nil, aliases: ["injection_dict"])
  /// Output layers of each block whose results are reduced.
  public let injectionNames = Key<[String]?>("injection_policy_tuple", nil)
  /// Further options of a program.
  public let options = Key<JSONNode?>("config", nil, aliases: ["args"])
  /// Most tokens of a prompt and its answer.
  public let maximumTokens = Key("max_out_tokens", 1024, .atLeast(1), aliases: ["max_tokens"])
  /// Tokens for which memory must be there.
  public let minimumTokens = Key("min_out_tokens", 1, aliases: ["min_tokens"])
  /// Whether weights are stored transposed.
  public let storesTransposed = Key("transposed_mode", false)
}

/// Types of a model in inference.
public enum InferenceType: String, SettingChoice {
  /// 32 bits.
  case float32 = "fp32"
  /// 16 bits, 5 of them exponent.
  case float16 = "fp16"
  /// 16 bits, 8 of them exponent.
  case bfloat16 = "bf16"
  /// 8-bit whole numbers with scales.
  case int8 = "int8"

  /// The names that PyTorch uses.
  public static var otherSpellings: [String: InferenceType] {
    [
      "float32": .float32, "float": .float32, "torch.float32": .float32, "torch.float": .float32,
      "float16": .float16, "half": .float16, "torch.float16": .float16, "torch.half": .float16,
      "bfloat16": .bfloat16, "torch.bfloat16": .bfloat16, "torch.int8": .int8,
    ]
  }
}

/// Keys of `tensor_parallel` of an inference engine.
public struct InferenceTensorKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Divides layers over ranks.
  public let enabled = Key("enabled", true)
  /// Ranks that share each layer.
  public let size = Key("tp_size", 1, .atLeast(1))
  /// Widths are divided in multiples of this.
  public let grainSize = Key("tp_grain_size", 64, .atLeast(1))
  /// An object of the program; null in a text.
  public let modelParallelUnit = Key<JSONNode?>("mpu", nil)
  /// An object of the program; null in a text.
  public let group = Key<JSONNode?>("tp_group", nil)
}

/// Keys of `moe` of an inference engine.
public struct InferenceExpertKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Expects a mixture of experts.
  public let enabled = Key("enabled", true)
  /// Ranks that share the experts.
  public let size = Key("ep_size", 1, .atLeast(1))
  /// Experts of each mixture.
  public let counts = Key("moe_experts", [1], .atLeast(1), aliases: ["num_experts"])
  /// Kind of the mixture.
  public let type = Key("type", ExpertMixture.standard)
  /// An object of the program; null in a text.
  public let tensorGroup = Key<JSONNode?>("ep_mp_group", nil)
  /// An object of the program; null in a text.
  public let group = Key<JSONNode?>("ep_group", nil, aliases: ["expert_group"])
}

/// Kinds of mixtures of experts.
public enum ExpertMixture: String, SettingChoice {
  /// Experts alone.
  case standard
  /// Experts beside an ordinary layer.
  case residual
}

/// Keys of `quant` of an inference engine.
public struct InferenceQuantizationKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Quantises the model.
  public let enabled = Key("enabled", true)
  /// How the inputs of layers are quantised.
  public let activation = Subsection<InferenceActivationKeys>("activation")
  /// How weights of layers are quantised.
  public let weight = Subsection<WeightQuantizationKeys>("weight")
  /// Query, key and value projections.
  public let attention = Subsection<InferenceAttentionKeys>("qkv")
}

/// Keys of `quant.activation` of an inference engine.
public struct InferenceActivationKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Quantises activations.
  public let enabled = Key("enabled", true)
  /// Bits of a number.
  public let bits = Key("num_bits", 8, .oneOf([4, 8]))
  /// Whether zero is in the middle of the range.
  public let symmetry = Key("q_type", QuantizationSymmetry.symmetric)
  /// Groups with a scale of their own.
  public let groupCount = Key("q_groups", 1, .atLeast(1))
}

/// Keys of `quant.qkv` of an inference engine.
public struct InferenceAttentionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Quantises query, key and value projections.
  public let enabled = Key("enabled", true)
}

/// Keys of `checkpoint_config` of an inference engine.
public struct InferenceCheckpointKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Folder of the checkpoint.
  public let folder = Key<String?>("checkpoint_dir", nil)
  /// Folder in which the loaded, divided model is saved.
  public let savePath = Key<String?>("save_mp_checkpoint_path", nil)
  /// Folder of the checkpoint's files.
  public let baseFolder = Key<String?>("base_dir", nil)
}
