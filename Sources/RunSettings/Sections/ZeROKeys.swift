/// Keys of `zero_optimization`.
public struct ZeROKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What is partitioned: 0 nothing, 1 optimizer states, 2 also gradients, 3 also parameters.
  public let stage = Key("stage", ZeROStage.none)

  // MARK: Stages 1 and 2

  /// Whether gradients are copied into one buffer as they appear.
  public let keepsGradientsContiguous = Key("contiguous_gradients", true)
  /// Whether each rank receives only the averages it owns, instead of all.
  public let usesReduceScatter = Key("reduce_scatter", true)
  /// Gradient elements that are reduced together.
  public let reduceBucketSize = Key("reduce_bucket_size", 500_000_000, .atLeast(1))
  /// Whether slices for several owners travel in one all-reduce.
  public let reducesBucketsOfManyRanks = Key("use_multi_rank_bucket_allreduce", true)
  /// Whether updated parameters are gathered by all-gathers instead of broadcasts.
  public let allgathersPartitions = Key("allgather_partitions", true)
  /// Parameter elements that are gathered together.
  public let allgatherBucketSize = Key("allgather_bucket_size", 500_000_000, .atLeast(0))
  /// Whether gradients are reduced while the backward pass goes on; null means at stage 3 only.
  public let overlapsCommunication = Key<Bool?>("overlap_comm", nil)
  /// Whether the norm of all gradients is computed in each step.
  public let computesGradientNorm = Key("compute_grad_norm", true)
  /// Whether master weights come from the 32-bit copies of a checkpoint instead of the 16-bit ones.
  public let loadsFromFloat32Weights = Key("load_from_fp32_weights", true)
  /// Whether checkpoints may be loaded on another number of ranks, in the former sense.
  public let savesElasticCheckpoints = Key("elastic_checkpoint", false)
  /// Whether parameters without a gradient are allowed.
  public let ignoresUnusedParameters = Key("ignore_unused_parameters", true)
  /// The first implementation of stage 1, which is gone.
  public let usesLegacyStage1 = Key("legacy_stage1", false)
  /// Whether parameters are dealt to ranks in turn, so that ranks copy to the host in parallel.
  public let dealsGradientsRoundRobin = Key("round_robin_gradients", false)
  /// Whether each parameter starts at a 16-byte border of the flat buffers.
  public let alignsParameters = Key("parameter_alignment", false)

  // MARK: Offload

  /// Parameters in host memory or files.
  public let offloadParameters = Subsection<OffloadParameterKeys>("offload_param")
  /// Optimizer states in host memory or files.
  public let offloadOptimizer = Subsection<OffloadOptimizerKeys>("offload_optimizer")
  /// Offload without stalls.
  public let zenFlow = Subsection<ZenFlowKeys>("zenflow")
  /// Elements that one optimizer call updates.
  public let subGroupSize = Key("sub_group_size", 1_000_000_000, .atLeast(0))
  /// Earlier name for optimizer states on the CPU.
  public let cpuOffload = Deprecated(
    "cpu_offload", .whenTrue(name: "offload_optimizer", json: #"{"device": "cpu"}"#))
  /// Earlier name for parameters on the CPU.
  public let cpuOffloadParameters = Deprecated(
    "cpu_offload_param", .whenTrue(name: "offload_param", json: #"{"device": "cpu"}"#))
  /// Earlier name for parameters on the CPU, in the plural.
  public let cpuOffloadParametersPlural = Deprecated(
    "cpu_offload_params", .whenTrue(name: "offload_param", json: #"{"device": "cpu"}"#))
  /// Earlier name for page-locked host memory.
  public let cpuOffloadPinsMemory = Deprecated(
    "cpu_offload_use_pin_memory",
    .ignored("'pin_memory' in 'offload_param' and 'offload_optimizer', where it is true by default"))

  // MARK: Stage 3

  /// Parameter elements that are fetched ahead of their use.
  public let prefetchBucketSize = Key(
    "stage3_prefetch_bucket_size", 50_000_000, .atLeast(0), aliases: ["prefetch_bucket_size"])
  /// Parameters of fewer elements are not partitioned.
  public let parameterPersistenceThreshold = Key(
    "stage3_param_persistence_threshold", 100_000, .atLeast(0), aliases: ["param_persistence_threshold"])
  /// Most elements that are left unpartitioned altogether.
  public let modelPersistenceThreshold = Key(
    "stage3_model_persistence_threshold", Int.max, .atLeast(0), aliases: ["model_persistence_threshold"])
  /// Most gathered elements that a rank holds.
  public let maximumLiveParameters = Key(
    "stage3_max_live_parameters", 1_000_000_000, .atLeast(0), aliases: ["max_live_parameters"])
  /// A parameter needed again within so many elements is not released.
  public let maximumReuseDistance = Key(
    "stage3_max_reuse_distance", 1_000_000_000, .atLeast(0), aliases: ["max_reuse_distance"])
  /// Whether whole 16-bit weights are put together when the model is saved.
  public let gathersWeightsOnSave = Key(
    "stage3_gather_16bit_weights_on_model_save", false, aliases: ["gather_16bit_weights_on_model_save"])
  /// Earlier name for gathering weights on saving.
  public let gathersFloat16WeightsOnSave = Deprecated(
    "stage3_gather_fp16_weights_on_model_save", .renamed(to: "stage3_gather_16bit_weights_on_model_save"))
  /// Modules with fewer parameters per descendant are gathered as a whole.
  public let moduleGranularityThreshold = Key(
    "stage3_module_granularity_threshold", 0, .atLeast(0), aliases: ["module_granularity_threshold"])
  /// Whether parameters are gathered by an all-reduce.
  public let fetchesByAllReduce = Key(
    "stage3_use_all_reduce_for_fetch_params", false, aliases: ["use_all_reduce_for_fetch_params"])
  /// Whether parameters are gathered one by one instead of in buckets.
  public let allgathersSequentially = Key(
    "stage3_allgather_sequential", false, aliases: ["allgather_sequential"])
  /// Whether linear layers save memory by keeping gathered weights out of the graph.
  public let usesMemoryEfficientLinear = Key("memory_efficient_linear", true)
  /// Whether the ranks of a node load a checkpoint one after another.
  public let loadsCheckpointsInTurn = Key("pipeline_loading_checkpoint", false)
  /// Whether a module's own function over its children gathers parameters.
  public let overridesModuleApply = Key("override_module_apply", true)
  /// Modules that are gathered as a whole, with everything inside.
  public let leafModules = Subsection<LeafModuleKeys>("leaf_module")
  /// Whether changes of the order of gathers are logged.
  public let logsTraceCacheWarnings = Key("log_trace_cache_warnings", false)
  /// Whether expensive checks of the bookkeeping run.
  public let checksSanity = Key("enable_sanity_checks", false)
  /// Whether Muon's running gradients stay in memory when states go to files.
  public let keepsMuonMomentumInMemory = Key("save_muon_momentum_buffer_in_memory", false)

  // MARK: ZeRO++ and MiCS

  /// Ranks of the second, nearer partition of the parameters; 1 means none.
  public let hierarchicalPartitionSize = Key("zero_hpz_partition_size", 1, .atLeast(0))
  /// Whether parameters are gathered as 8-bit numbers.
  public let quantizesWeights = Key("zero_quantized_weights", false)
  /// Whether frozen parameters are stored as 8-bit numbers.
  public let quantizesFrozenWeights = Key("zero_quantized_nontrainable_weights", false)
  /// Whether gradients are reduced as 4-bit numbers.
  public let quantizesGradients = Key("zero_quantized_gradients", false)
  /// Error feedback of quantised gradients.
  public let errorFeedback = Subsection<ErrorFeedbackKeys>("zeropp_loco_param")
  /// Ranks that share one copy of the parameters; -1 means all.
  public let miCSShardSize = Key("mics_shard_size", -1, .atLeast(-1))
  /// Whether MiCS gathers between nodes first, then inside.
  public let miCSGathersHierarchically = Key("mics_hierarchical_params_gather", false)
}

/// What ZeRO partitions over the ranks.
public enum ZeROStage: Int, Sendable, CaseIterable, Comparable {
  /// Nothing.
  case none = 0
  /// Master weights and moments: each rank keeps and updates its share.
  case optimizerStates = 1
  /// Optimizer states and gradients.
  case gradients = 2
  /// Optimizer states, gradients and parameters.
  case parameters = 3

  /// By what is partitioned.
  public static func < (a: ZeROStage, b: ZeROStage) -> Bool { a.rawValue < b.rawValue }
}

extension ZeROStage: SettingValue {
  /// `0, 1, 2 or 3`.
  public static var expectation: String { "0, 1, 2 or 3" }

  /// A number from 0 to 3; one in quotes is taken with advice.
  public static func reading(_ node: JSONNode) -> SettingReading<ZeROStage> {
    switch Int.reading(node) {
    case .value(let number): ZeROStage(rawValue: number).map { .value($0) } ?? .mismatch
    case .lenient(let number, let advice):
      ZeROStage(rawValue: number).map { .lenient($0, advice: advice) } ?? .mismatch
    case .mismatch: .mismatch
    }
  }

  /// The number.
  public var text: String { rawValue.description }
}
