/// Keys of `hybrid_engine`: training and generation in one engine.
public struct HybridEngineKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Makes the hybrid engine.
  public let enabled = Key("enabled", false)
  /// Most tokens of a prompt and its answer.
  public let maximumTokens = Key("max_out_tokens", 512, .atLeast(1))
  /// Ranks that share the model in generation.
  public let inferenceTensorSize = Key("inference_tp_size", 1, .atLeast(1))
  /// Whether the cache is released between phases.
  public let releasesCache = Key("release_inference_cache", false)
  /// Whether gathered parameters stay for a whole generation.
  public let pinsParameters = Key("pin_parameters", true)
  /// Layers that are gathered together.
  public let gatherSize = Key("tp_gather_partition_size", 8, .atLeast(1))
  /// Whether decoding is replayed from CUDA graphs.
  public let usesGraphs = Key("enable_cuda_graph", false)
}

/// Keys of `compile`: graph passes of DeepCompile.
public struct CompileKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches DeepCompile on.
  public let enabled = Key("deepcompile", false)
  /// Whether what surrounds expert-parallel layers is compiled.
  public let compilesAroundExperts = Key("autoep_non_moe", false)
  /// Whether large activations are freed early.
  public let freesActivations = Key("free_activation", false)
  /// Bytes from which on an activation is freed early.
  public let freeThresholdBytes = Key("free_activation_threshold", 10_485_760, .atLeast(0))
  /// Whether activations go to host memory.
  public let offloadsActivations = Key("offload_activation", false)
  /// Whether host memory for activations is page-locked.
  public let pinsActivations = Key("offload_activation_pin_memory", true)
  /// Whether optimizer states go to host memory.
  public let offloadsStates = Key("offload_opt_states", false)
  /// Whether transfers have two buffers.
  public let doublesBuffer = Key("double_buffer", true)
  /// Whether collectives use symmetric memory.
  public let usesSymmetricMemory = Key("symmetric_memory", false)
  /// Whether graphs are written to the log.
  public let logsGraphs = Key("debug_log", false)
  /// Whether parameters go to host memory.
  public let offloadsParameters = Key("offload_parameters", false)
  /// Whether the device is waited for before a reduction.
  public let synchronizesBeforeReduce = Key("sync_before_reduce", false)
  /// Whether the device is waited for after a reduction.
  public let synchronizesAfterReduce = Key("sync_after_reduce", false)
  /// Whether the device is waited for before an all-gather.
  public let synchronizesBeforeAllgather = Key("sync_before_allgather", false)
  /// Whether the device is waited for after an all-gather.
  public let synchronizesAfterAllgather = Key("sync_after_allgather", false)
  /// Whether integer inputs keep their values for profiling.
  public let keepsIntegerInputs = Key("keep_int_input_tensors", true)
  /// Whether all inputs keep their values for profiling.
  public let keepsAllInputs = Key("keep_all_input_tensors", false)
  /// The passes; null means those of the ZeRO stage.
  public let passes = Key<[CompilePass]?>("passes", nil)
}

/// Graph passes of DeepCompile.
public enum CompilePass: String, SettingChoice {
  /// ZeRO 1 and 2.
  case zero1 = "z1"
  /// ZeRO 3.
  case zero3 = "z3"
  /// Sequence parallelism.
  case sequence = "autosp"
  /// Tensor parallelism.
  case tensor = "autotp"
}

/// Keys of `weight_quantization`: quantised weights for ZeRO-Inference.
public struct WeightQuantizationKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches quantised weights on.
  public let enabled = Key("enabled", true)
  /// Bits of a weight.
  public let bits = Key("num_bits", 8, .oneOf([4, 8]))
  /// Whether zero is in the middle of the range.
  public let symmetry = Key("q_type", QuantizationSymmetry.symmetric)
  /// Groups with a scale of their own.
  public let groupCount = Key("q_groups", 1, .atLeast(1))
  /// Quantisation as parameters are made: num_bits, group_size, group_dim, symmetric.
  public let atCreation = Key<JSONNode?>("quantized_initialization", nil)
  /// Quantisation of finished models: for parts of module names the same four keys.
  public let afterwards = Key<JSONNode?>("post_init_quant", nil)
}

/// Keys of `progressive_layer_drop`: layers left out at random during training.
public struct ProgressiveLayerDropKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Drops layers at random.
  public let enabled = Key("enabled", false)
  /// Chance in the end that a layer is kept.
  public let theta = Key("theta", 1.0, .between(0, 1))
  /// How fast the chance reaches its end.
  public let gamma = Key("gamma", 0.001, .atLeast(0))
}

/// Keys of `eigenvalue` and `quantize_training.eigenvalue`.
public struct EigenvalueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Computes the largest eigenvalue of each layer's Hessian.
  public let enabled = Key("enabled", false)
  /// Whether progress is logged.
  public let isVerbose = Key("verbose", false)
  /// Most power iterations.
  public let maximumIterations = Key("max_iter", 100, .atLeast(1))
  /// Relative change at which the iteration ends.
  public let tolerance = Key("tol", 1e-2, .above(0))
  /// Added to norms.
  public let stability = Key("stability", 1e-6, .atLeast(0))
  /// Optimizer steps between computations.
  public let interval = Key("gas_boundary_resolution", 1, .atLeast(1))
  /// Path of the layers in the model.
  public let layerName = Key("layer_name", "bert.encoder.layer")
  /// Layers of the model.
  public let layerCount = Key("layer_num", 0, .atLeast(0))
}

/// Keys of `quantize_training`: quantisation in the optimizer step.
public struct QuantizeTrainingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Further settings of this removed feature are kept as they are.
  public static var keepsOtherKeys: Bool { true }

  /// Quantises weights after each step.
  public let enabled = Key("enabled", false)
  /// The eigenvalues that set the pace.
  public let eigenvalue = Subsection<EigenvalueKeys>("eigenvalue")
}

/// Keys of `sparse_attention`: which blocks of the attention matrix exist.
public struct SparseAttentionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// The pattern of blocks.
  public let mode = Key("mode", SparsePattern.fixed)
  /// Tokens of a block's side.
  public let blockSize = Key("block", 16, .atLeast(1))
  /// Whether heads have patterns of their own.
  public let variesByHead = Key("different_layout_per_head", false)
  /// Blocks of a local window.
  public let localBlocks = Key("num_local_blocks", 4, .atLeast(1))
  /// Blocks that all others look at.
  public let globalBlocks = Key("num_global_blocks", 1, .atLeast(0))
  /// Whether attention looks both ways.
  public let direction = Key("attention", SparseDirection.both)
  /// Whether global blocks look at all others.
  public let globalRows = Key("horizontal_global_attention", false)
  /// Patterns of global blocks over heads.
  public let globalPatterns = Key("num_different_global_patterns", 1, .atLeast(1))
  /// Random blocks of a row; BigBird's own default is 1.
  public let randomBlocks = Key("num_random_blocks", 0, .atLeast(0))
  /// Blocks of each local window in turn.
  public let windowBlocks = Key("local_window_blocks", [4], .atLeast(1))
  /// Indices of global blocks.
  public let globalIndices = Key("global_block_indices", [0], .atLeast(0))
  /// Ends of ranges of global blocks.
  public let globalEnds = Key<[Int]?>("global_block_end_indices", nil, .atLeast(0))
  /// Blocks of the sliding window.
  public let slidingBlocks = Key("num_sliding_window_blocks", 3, .atLeast(1))
}

/// Patterns of sparse attention.
public enum SparsePattern: String, SettingChoice {
  /// All blocks.
  case dense
  /// Fixed windows with global columns.
  case fixed
  /// Windows of several sizes.
  case variable
  /// Random, sliding and global blocks.
  case bigBird = "bigbird"
  /// Sliding and global blocks.
  case longformer = "bslongformer"
}

/// Whether sparse attention looks both ways.
public enum SparseDirection: String, SettingChoice {
  /// Both ways.
  case both = "bidirectional"
  /// Backwards only.
  case backwards = "unidirectional"
}
