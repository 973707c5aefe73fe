/// Keys of `data_efficiency`: curricula over samples and dropped tokens.
public struct DataEfficiencyKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the section on.
  public let enabled = Key("enabled", false)
  /// Seed of sampling and token dropping.
  public let seed = Key("seed", 1234)
  /// Which samples are drawn, and in what batches.
  public let sampling = Subsection<DataSamplingKeys>("data_sampling")
  /// Which tokens pass through which layers.
  public let routing = Subsection<DataRoutingKeys>("data_routing")
}

/// Keys of `data_efficiency.data_sampling`.
public struct DataSamplingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches sampling on.
  public let enabled = Key("enabled", false)
  /// Passes over the data.
  public let epochCount = Key("num_epochs", 1000, .atLeast(1))
  /// Loader workers.
  public let workerCount = Key("num_workers", 0, .atLeast(0))
  /// Whether batches lie in page-locked memory.
  public let pinsMemory = Key("pin_memory", false)
  /// Easy samples first.
  public let curriculum = Subsection<CurriculumKeys>("curriculum_learning")
  /// Batches by number of tokens.
  public let dynamicBatching = Subsection<DynamicBatchingKeys>("dynamic_batching")
}

/// Keys of `data_efficiency.data_sampling.curriculum_learning`.
public struct CurriculumKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the curriculum on.
  public let enabled = Key("enabled", false)
  /// Folder for the index files of clusters.
  public let clusterPath = Key<String?>("data_cluster_path", nil)
  /// The measures of difficulty by name.
  public let metrics = NamedSections<CurriculumMetricKeys>("curriculum_metrics")
}

/// Keys of one measure of difficulty.
public struct CurriculumMetricKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// File of samples sorted by the measure.
  public let samplePath = Key<String?>("index_to_sample_path", nil)
  /// File of the measure's values.
  public let metricPath = Key<String?>("index_to_metric_path", nil)
  /// Whether difficulty is a value of the measure or a percentile.
  public let difficultyType = Key("difficulty_type", DifficultyType.value)
  /// Whether the measure makes one cluster or one for each difficulty.
  public let clusteringType = Key("clustering_type", ClusteringType.scheduled)
  /// Difficulty at the start.
  public let minimumDifficulty = Key<Int?>("min_difficulty", nil, .atLeast(0))
  /// Difficulty at the end.
  public let maximumDifficulty = Key<Int?>("max_difficulty", nil, .atLeast(0))
  /// How difficulty grows.
  public let scheduleType = Key<CurriculumSchedule?>("schedule_type", nil)
  /// Parameters of the growth.
  public let schedule = Subsection<CurriculumScheduleKeys>("schedule_config")
}

/// What a difficulty counts.
public enum DifficultyType: String, SettingChoice {
  /// Values of the measure.
  case value
  /// Percentiles of the samples.
  case percentile
}

/// How a measure divides the samples.
public enum ClusteringType: String, SettingChoice {
  /// All samples in one cluster.
  case single = "single_cluster"
  /// A new cluster for each difficulty.
  case scheduled = "schedule_based"
}

/// How difficulty grows with the steps.
public enum CurriculumSchedule: String, SettingChoice {
  /// By a list of difficulties and steps.
  case discrete = "fixed_discrete"
  /// In a straight line.
  case linear = "fixed_linear"
  /// With a root of the step.
  case root = "fixed_root"
  /// By a function of the program.
  case custom
}

/// Keys of `schedule_config` of a curriculum.
public struct CurriculumScheduleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Difficulties in turn, for `fixed_discrete`.
  public let difficulties = Key<[Int]?>("difficulty", nil, .atLeast(0))
  /// Last step of each difficulty but the last, for `fixed_discrete`.
  public let lastSteps = Key<[Int]?>("max_step", nil, .atLeast(0))
  /// Steps until the greatest difficulty.
  public let totalSteps = Key<Int?>("total_curriculum_step", nil, .atLeast(1))
  /// Difficulties are multiples of this.
  public let difficultyStep = Key<Int?>("difficulty_step", nil, .atLeast(1))
  /// Degree of the root, for `fixed_root`.
  public let rootDegree = Key<Int?>("root_degree", nil, .atLeast(1))
}

/// Keys of `data_efficiency.data_sampling.dynamic_batching`.
public struct DynamicBatchingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches batches by number of tokens on.
  public let enabled = Key("enabled", false)
  /// Folder of the measured sequence lengths.
  public let metricsPath = Key<String?>("metrics_path", nil)
  /// How the learning rate follows the batch size.
  public let rateScaling = Key("lr_scaling_method", RateScaling.linear)
  /// Fewest sequences of a batch.
  public let minimumBatchSize = Key("min_batch_size", 1, .atLeast(1))
  /// Most sequences of a batch.
  public let maximumBatchSize = Key<Int?>("max_batch_size", nil, .atLeast(1))
  /// Order in which sequences are packed.
  public let pickingOrder = Key("sequence_picking_order", PickingOrder.dataloader)
  /// Most tokens of a batch; must be given when enabled.
  public let maximumTokens = Key<Int?>("max_tokens", nil, .atLeast(1))
  /// Whether batches are logged.
  public let isVerbose = Key("verbose", false)
}

/// How the learning rate follows the batch size.
public enum RateScaling: String, SettingChoice {
  /// In proportion.
  case linear
  /// With the square root.
  case squareRoot = "sqrt"
  /// Not at all.
  case none
}

/// Order in which sequences are packed.
public enum PickingOrder: String, SettingChoice {
  /// As the loader gives them.
  case dataloader
  /// At random.
  case random
  /// By length.
  case length = "seqlen"
}

/// Keys of `data_efficiency.data_routing`.
public struct DataRoutingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches routing on.
  public let enabled = Key("enabled", false)
  /// Random layerwise token dropping.
  public let tokenDropping = Subsection<TokenDroppingKeys>("random_ltd")
}

/// Keys of `data_efficiency.data_routing.random_ltd`.
public struct TokenDroppingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches token dropping on.
  public let enabled = Key("enabled", false)
  /// Layers of the model.
  public let layerCount = Key<Int?>("total_layer_num", nil, .atLeast(1))
  /// Layers that drop tokens.
  public let droppingLayerCount = Key<Int?>("random_ltd_layer_num", nil, .atLeast(1))
  /// Indices of the layers that drop tokens.
  public let droppingLayers = Key<[Int]?>("random_ltd_layer_id", nil, .atLeast(0))
  /// Name of the attention mask among a layer's arguments.
  public let maskName = Key<String?>("model_mask_name", nil)
  /// Whether attention looks both ways.
  public let modelType = Key<AttentionDirection?>("model_type", nil)
  /// Order of the axes of hidden states.
  public let axisOrder = Key<HiddenStateOrder?>("hidden_state_order", nil)
  /// How many tokens are kept.
  public let schedule = Subsection<TokenScheduleKeys>("random_ltd_schedule")
  /// Learning rate by tokens and layers.
  public let rateSchedule = Subsection<TokenRateScheduleKeys>("layer_token_lr_schedule")
  /// Samples of all ranks, filled in by the engine.
  public let globalBatchSize = Key<Int?>("global_batch_size", nil, .atLeast(1))
  /// Samples of one rank, filled in by the engine.
  public let microBatchSize = Key<Int?>("micro_batch_size", nil, .atLeast(1))
}

/// Whether attention looks both ways.
public enum AttentionDirection: String, SettingChoice {
  /// Both ways.
  case encoder
  /// Backwards only.
  case decoder
}

/// Order of the axes of hidden states.
public enum HiddenStateOrder: String, SettingChoice {
  /// [batch, sequence, hidden].
  case batchFirst = "batch_seq_dim"
  /// [sequence, batch, hidden].
  case sequenceFirst = "seq_batch_dim"
}

/// Keys of `random_ltd_schedule`.
public struct TokenScheduleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Tokens kept at the start.
  public let minimum = Key<Int?>("min_value", nil, .atLeast(1))
  /// Tokens kept at the end.
  public let maximum = Key<Int?>("max_value", nil, .atLeast(1))
  /// How the number grows.
  public let type = Key<CurriculumSchedule?>("schedule_type", nil)
  /// Parameters of the growth.
  public let growth = Subsection<TokenGrowthKeys>("schedule_config")
}

/// Keys of `random_ltd_schedule.schedule_config`.
public struct TokenGrowthKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Steps until all tokens are kept.
  public let steps = Key<Int?>("require_steps", nil, .atLeast(1))
  /// Numbers of tokens are multiples of this.
  public let tokensPerStep = Key<Int?>("seq_per_step", nil, .atLeast(1))
}

/// Keys of `layer_token_lr_schedule`.
public struct TokenRateScheduleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Lets the learning rate follow tokens and layers.
  public let enabled = Key("enabled", false)
  /// Tokens times layers of the whole run.
  public let totalLayerTokens = Key<Int?>("total_layer_tokens", nil, .atLeast(1))
  /// Shape of the warm-up.
  public let warmupType = Key<WarmupShape?>("warmup_type", nil)
  /// Tokens times layers of the warm-up.
  public let warmupLayerTokens = Key<Int?>("warmup_layer_tokens", nil, .atLeast(0))
}

/// Keys of the top-level `curriculum_learning`, the first form of the curriculum.
public struct LegacyCurriculumKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the curriculum on.
  public let enabled = Key("enabled", false)
  /// The measure of difficulty.
  public let type = Key("curriculum_type", "seqlen")
  /// Difficulty at the start.
  public let minimumDifficulty = Key<Int?>("min_difficulty", nil, .atLeast(0))
  /// Difficulty at the end.
  public let maximumDifficulty = Key<Int?>("max_difficulty", nil, .atLeast(0))
  /// How difficulty grows.
  public let scheduleType = Key<CurriculumSchedule?>("schedule_type", nil)
  /// Parameters of the growth.
  public let schedule = Subsection<CurriculumScheduleKeys>("schedule_config")
}
