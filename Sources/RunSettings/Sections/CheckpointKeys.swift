/// Keys of `checkpoint`: how checkpoints are written and read.
public struct CheckpointKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What happens when ranks save under different tags; unless that fails, rank 0's is taken.
  public let tagValidation = Key("tag_validation", TagValidation.warn)
  /// Whether a converted, topology-free checkpoint is loaded.
  public let loadsUniversal = Key("load_universal", false)
  /// Whether each node writes to a disk of its own.
  public let usesNodeLocalStorage = Key("use_node_local_storage", false)
  /// Sharing of the writing between ranks.
  public let parallelWrite = Subsection<ParallelWriteKeys>("parallel_write")
  /// Whether files are written in the zipped format.
  public let usesZippedFormat = Key("checkpoint_serialization", true)
  /// Writing with asynchronous file access.
  public let writer = Subsection<CheckpointWriterKeys>("writer")
}

/// What happens when ranks save under different tags.
public enum TagValidation: String, SettingChoice {
  /// Nothing.
  case ignore = "Ignore"
  /// A warning.
  case warn = "Warn"
  /// An error.
  case fail = "Fail"
}

/// Keys of `checkpoint.parallel_write`.
public struct ParallelWriteKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Whether data-parallel ranks share the writing of a pipeline stage.
  public let sharesPipelineStage = Key("pipeline_stage", false)
}

/// Keys of `checkpoint.writer`: how bytes get to the disk.
public struct CheckpointWriterKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// How bytes are written.
  public let type = Key("type", CheckpointWriterType.fast)
  /// Bytes gathered in memory before they are written.
  public let bufferBytes = Key("io_buffer_size", 67_108_864, .atLeast(1))
  /// Whether one buffer fills while the other is written.
  public let doublesBuffer = Key("io_buffer_double", true)
  /// Whether throughput is printed.
  public let showsStatistics = Key("show_statistics", false)
  /// Ranks that share the writing.
  public let sharing = Key<CheckpointSharing?>("data_parallel", nil)
  /// Whether a process of its own writes while training goes on.
  public let isDecoupled = Key("decoupled", false)
  /// Writers of one rank.
  public let multiplier = Key("io_multiplier", 1, .atLeast(1))
}

/// How checkpoint bytes are written.
public enum CheckpointWriterType: String, SettingChoice {
  /// Past the page cache, from double buffers.
  case fast = "FAST"
  /// Through ordinary files.
  case ordinary = "PYTHON"
  /// Not at all, for tests.
  case mock = "MOCK"
}

/// Ranks that share the writing of a checkpoint.
public enum CheckpointSharing: String, SettingChoice {
  /// All replicas.
  case replica = "REPLICA"
  /// Those of a CPU socket.
  case socket = "SOCKET"
  /// Those of a machine.
  case machine = "MACHINE"
}

/// Keys of `nebula`, a checkpoint service of Azure.
public struct NebulaKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Saves through Nebula.
  public let enabled = Key("enabled", false)
  /// Whether checkpoints are loaded through Nebula.
  public let loadsThroughNebula = Key("enable_nebula_load", true)
  /// Folder to load from.
  public let loadPath = Key<String?>("nebula_load_path", nil)
  /// Folder for lasting copies.
  public let persistentPath = Key<String?>("persistent_storage_path", nil)
  /// Seconds between lasting copies.
  public let persistentInterval = Key("persistent_time_interval", 100, .atLeast(1))
  /// Lasting copies that are kept.
  public let retainedVersions = Key("num_of_version_in_retention", 2, .atLeast(1))
}

/// Keys of `datastates_ckpt`, an external checkpoint library.
public struct DataStatesKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Options of the library are kept as they are.
  public static var keepsOtherKeys: Bool { true }

  /// Gigabytes of host memory for copies on their way to disk.
  public let hostCacheGigabytes = Key<Double?>("host_cache_size", nil, .above(0))
}
