/// Keys of `comms_logger`: log of collective operations.
public struct CommsLoggerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Counts and times collective operations, and prints a table at the end of the run.
  public let enabled = Key("enabled", false)
  /// Whether each operation is printed.
  public let isVerbose = Key("verbose", false)
  /// Whether all operations are timed.
  public let profilesAll = Key("prof_all", true)
  /// Whether what an operation moves is part of its name.
  public let includesCaller = Key("debug", false)
  /// Operations that are timed when not all are.
  public let operations = Key<[CommunicationName]>("prof_ops", [])
}

/// Collective operations by the names of DeepSpeed's `comm`.
public enum CommunicationName: String, SettingChoice {
  /// The reduction of all ranks' tensors, for all.
  case allReduce = "all_reduce"
  /// The reduction of all ranks' tensors, for one.
  case reduce
  /// One rank's tensor, for all.
  case broadcast
  /// All ranks' parts, for all.
  case allGather = "all_gather"
  /// The reduction of all ranks' tensors, for each its part.
  case reduceScatter = "reduce_scatter"
  /// A part of each rank's tensor for each.
  case allToAll = "all_to_all"
  /// From one rank.
  case send
  /// To one rank.
  case receive = "recv"
  /// Nothing but the meeting.
  case barrier

  /// The forms of one operation that Python tells apart.
  public static var otherSpellings: [String: CommunicationName] {
    [
      "inference_all_reduce": .allReduce, "all_reduce_coalesced": .allReduce,
      "all_gather_base": .allGather, "all_gather_into_tensor": .allGather, "all_gather_coalesced": .allGather,
      "allgather_fn": .allGather, "reduce_scatter_base": .reduceScatter,
      "reduce_scatter_tensor": .reduceScatter, "reduce_scatter_fn": .reduceScatter,
      "all_to_all_single": .allToAll, "isend": .send, "irecv": .receive,
      "monitored_barrier": .barrier,
    ]
  }
}

/// Keys of `flops_profiler`: floating-point operations by module.
public struct FlopsProfilerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Counts operations in one step and prints a table.
  public let enabled = Key("enabled", false)
  /// Share of the forward pass that is computed again in the backward pass.
  public let recomputeFactor = Key("recompute_fwd_factor", 0.0, .atLeast(0))
  /// The step that is profiled.
  public let step = Key("profile_step", 1, .atLeast(1))
  /// Depth of the printed tree; -1 prints all of it.
  public let moduleDepth = Key("module_depth", -1, .atLeast(-1))
  /// Modules listed at each depth.
  public let topModules = Key("top_modules", 1, .atLeast(1))
  /// Whether the tree of modules is printed.
  public let isDetailed = Key("detailed", true)
  /// File for the table; null prints it.
  public let outputFile = Key<String?>("output_file", nil)
}

/// Keys of `timers`: how phases of a step are timed.
public struct TimerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Measurement of samples per second.
  public let throughput = Subsection<ThroughputTimerKeys>("throughput")
}

/// Keys of `timers.throughput`: samples per second.
public struct ThroughputTimerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Measures samples per second.
  public let enabled = Key("enabled", true)
  /// Whether the device is waited for, which makes times exact.
  public let isSynchronized = Key("synchronized", true)
}

/// Keys of `tensorboard`: event files.
public struct TensorBoardKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Writes event files.
  public let enabled = Key("enabled", false)
  /// Folder; empty means the run's own.
  public let outputPath = Key("output_path", "")
  /// Folder inside `output_path`.
  public let jobName = Key("job_name", "DeepSpeedJobName")
}

/// Keys of `csv_monitor`: CSV files.
public struct CSVMonitorKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Writes a CSV file for each value.
  public let enabled = Key("enabled", false)
  /// Folder; empty means the run's own.
  public let outputPath = Key("output_path", "")
  /// Folder inside `output_path`.
  public let jobName = Key("job_name", "DeepSpeedJobName")
}

/// Keys of `jsonl_monitor`: JSON lines. This section is our own; DeepSpeed does not know it.
public struct JSONLMonitorKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Writes one JSON object a line.
  public let enabled = Key("enabled", false)
  /// Folder; empty means the run's own.
  public let outputPath = Key("output_path", "")
  /// Name of the file inside `output_path`, without its ending.
  public let jobName = Key("job_name", "DeepSpeedJobName")
}

/// Keys of `wandb`: Weights & Biases.
public struct WandbKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Sends values to Weights & Biases.
  public let enabled = Key("enabled", false)
  /// Group of runs.
  public let group = Key<String?>("group", nil)
  /// Team that owns the run.
  public let team = Key<String?>("team", nil)
  /// Under which name runs are collected.
  public let project = Key("project", "deepspeed")
}

/// Keys of `comet`: values sent to the service Comet.
public struct CometKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Sends values to Comet.
  public let enabled = Key("enabled", false)
  /// Samples between two values of the same name.
  public let sampleInterval = Key("samples_log_interval", 100, .atLeast(1))
  /// Under which name experiments are collected.
  public let project = Key<String?>("project", nil)
  /// Account or team whose projects are meant.
  public let workspace = Key<String?>("workspace", nil)
  /// Key of the account.
  public let apiKey = Key<String?>("api_key", nil)
  /// What the experiment is called on Comet's pages.
  public let experimentName = Key<String?>("experiment_name", nil)
  /// Identifier of the experiment, 32 to 50 letters and digits.
  public let experimentKey = Key<String?>("experiment_key", nil)
  /// Whether values are sent at once; null means yes.
  public let isOnline = Key<Bool?>("online", nil)
  /// Whether the experiment is new or continued.
  public let mode = Key<CometMode?>("mode", nil)
}

/// Whether a Comet experiment is new or continued.
public enum CometMode: String, SettingChoice {
  /// Continues an existing experiment.
  case existing = "get"
  /// Starts a new one.
  case new = "create"
  /// Continues when it exists.
  case existingOrNew = "get_or_create"
}
