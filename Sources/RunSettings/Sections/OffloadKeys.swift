/// Where offloaded states live.
public enum OffloadDevice: String, SettingChoice {
  /// With the model.
  case none
  /// In host memory.
  case cpu
  /// In files.
  case nvme
}

/// Keys of `zero_optimization.offload_param`.
public struct OffloadParameterKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Where the parameters live.
  public let device = Key("device", OffloadDevice.none)
  /// Folder for the files.
  public let path = Key<String?>("nvme_path", nil)
  /// Buffers between files and memory.
  public let bufferCount = Key("buffer_count", 5, .atLeast(0))
  /// Elements of one buffer.
  public let bufferSize = Key("buffer_size", 100_000_000, .atLeast(0))
  /// Elements that stay in host memory when files are used.
  public let maximumInMemory = Key("max_in_cpu", 1_000_000_000, .atLeast(0))
  /// Whether host memory is page-locked.
  public let pinsMemory = Key("pin_memory", true)
}

/// Keys of `zero_optimization.offload_optimizer`.
public struct OffloadOptimizerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Where the optimizer states live.
  public let device = Key("device", OffloadDevice.none)
  /// Folder for the files.
  public let path = Key<String?>("nvme_path", nil)
  /// Buffers between files and memory; at least the number of states of a parameter.
  public let bufferCount = Key("buffer_count", 4, .atLeast(0))
  /// Whether host memory is page-locked.
  public let pinsMemory = Key("pin_memory", true)
  /// Whether the next tile is read while the current one is updated.
  public let pipelinesReads = Key("pipeline_read", false)
  /// Whether the previous tile is written while the current one is updated.
  public let pipelinesWrites = Key("pipeline_write", false)
  /// Whether states in files are set up in the fast way.
  public let initializesFast = Key("fast_init", false)
  /// Share of the states that is updated on the CPU.
  public let ratio = Key("ratio", 1.0, .between(0, 1))
  /// Whether updates begin while the backward pass goes on; run again where gradients are clipped.
  public let usesSuperOffload = Key("super_offload", false)
  /// Share of a rank's threads with which updates beside training compute.
  public let coreShare = Key("cpuadam_cores_perc", 0.8, .between(0, 1))
  /// Whether updates run beside the next step, whose weights are then one update older. Not a key of DeepSpeed.
  public let delaysUpdates = Key("delayed_update", false)
  /// Steps before updates are delayed. Not a key of DeepSpeed.
  public let delayWarmUpSteps = Key("delayed_update_warmup_steps", 40, .atLeast(0))
}

/// Keys of `aio`: asynchronous file access.
public struct AsyncIOKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Bytes of one request.
  public let blockSize = Key("block_size", 1_048_576, .atLeast(1))
  /// Requests that are outstanding at once.
  public let queueDepth = Key("queue_depth", 8, .atLeast(1))
  /// Threads that share one transfer.
  public let threadCount = Key("intra_op_parallelism", 1, .atLeast(1))
  /// Earlier name of the thread count.
  public let formerThreadCount = Deprecated("thread_count", .renamed(to: "intra_op_parallelism"))
  /// Whether each block is submitted by a system call of its own.
  public let submitsSingly = Key("single_submit", false)
  /// Whether new blocks are submitted as earlier ones complete.
  public let overlapsEvents = Key("overlap_events", true)
  /// Whether data goes between files and device memory directly.
  public let usesGPUDirect = Key("use_gds", false)
}

/// Keys of `zero_optimization.zenflow`: offload without stalls.
public struct ZenFlowKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Share of gradient columns that are updated at once.
  public let topRatio = Key("topk_ratio", 0.1, .strictlyBetween(0, 1))
  /// When the columns are chosen anew.
  public let selectStrategy = Key("select_strategy", ZenFlowStrategy.auto)
  /// Steps or epochs between choices.
  public let selectInterval = Key<OrAuto<Int>>("select_interval", .auto, .atLeast(1))
  /// Steps between updates of the other columns.
  public let updateInterval = Key<OrAuto<Int>>("update_interval", .auto, .atLeast(1))
  /// Whether the CPU update runs beside forward and backward passes.
  public let overlapsStep = Key("overlap_step", false)
  /// Whether the states of the chosen columns are on the CPU too.
  public let offloadsSelected = Key("offload", false)
  /// Share of parameters whose neglected gradients outweigh the chosen ones before an automatic update.
  public let autoRatio = Key("auto_ratio", 0.99, .between(0, 1))
  /// Rounds at the start in which everything is updated.
  public let fullWarmupRounds = Key("full_warm_up_rounds", 0, .atLeast(0))
  /// Share of the cores that stay with the training threads.
  public let reservedCoreShare = Key("pt_reserved_cores_perc", 0.5, .between(0, 1))
}

/// When ZenFlow chooses columns anew.
public enum ZenFlowStrategy: String, SettingChoice {
  /// The engine decides.
  case auto
  /// After a number of steps.
  case step
  /// After a number of epochs.
  case epoch
}

/// Keys of `zero_optimization.zeropp_loco_param`: error feedback of quantised gradients.
public struct ErrorFeedbackKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Decay rate of the remembered error.
  public let errorBeta = Key("err_beta", 0.8, .between(0, 1))
  /// Steps after which the remembered error is dropped.
  public let resetInterval = Key("reset_T", 1024, .atLeast(1))
}

/// Keys of `zero_optimization.leaf_module`: modules that are gathered as a whole.
public struct LeafModuleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Classes by their full names.
  public let classes = Key(
    "classes",
    [
      "transformers.models.mixtral.modeling_mixtral.MixtralSparseMoeBlock",
      "transformers.models.qwen2_moe.modeling_qwen2_moe.Qwen2MoeSparseMoeBlock",
      "transformers.models.qwen3_moe.modeling_qwen3_moe.Qwen3MoeSparseMoeBlock",
    ])
  /// Modules by their paths.
  public let names = Key<[String]>("names", [])
  /// Modules by the ends of their paths.
  public let nameSuffixes = Key<[String]>("name_suffixes", [])
}
