/// Keys of `elasticity`: batch sizes for a changing number of ranks.
public struct ElasticityKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Chooses the batch size for many numbers of ranks.
  public let enabled = Key("enabled", false)
  /// Largest batch.
  public let maximumBatchSize = Key("max_train_batch_size", 2000, .atLeast(1))
  /// Micro batches to choose from.
  public let microBatchSizes = Key("micro_batch_sizes", [2, 4, 6], .atLeast(1))
  /// Fewest devices.
  public let minimumDevices = Key("min_gpus", 1, .atLeast(1))
  /// Most devices.
  public let maximumDevices = Key("max_gpus", 10000, .atLeast(1))
  /// Minutes between changes of the number of devices.
  public let minimumMinutes = Key("min_time", 0, .atLeast(0))
  /// Whether the larger of two equally good batches is taken.
  public let prefersLargerBatch = Key("prefer_larger_batch", true)
  /// Whether batch sizes given elsewhere are ignored instead of refused.
  public let ignoresOtherBatchSizes = Key("ignore_non_elastic_batch_info", false)
  /// Version of the rules.
  public let version = Key("version", 0.2, .oneOf([0.1, 0.2]))
  /// Ranks that share one copy of the model.
  public let modelParallelSize = Key("model_parallel_size", 1, .atLeast(1))
  /// GPUs that each node has.
  public let devicesPerNode = Key("num_gpus_per_node", 1, .atLeast(1))
}

/// Keys of `autotuning`: search for the fastest configuration.
public struct AutotuningKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Searches before training.
  public let enabled = Key("enabled", false)
  /// Whether only stages and micro batches are searched.
  public let isFast = Key("fast", true)
  /// Folder for results.
  public let resultsFolder = Key("results_dir", "autotuning_results")
  /// Folder for the experiments' configurations.
  public let experimentsFolder = Key("exps_dir", "autotuning_exps")
  /// Whether earlier results are replaced.
  public let overwrites = Key("overwrite", true)
  /// First measured step.
  public let startStep = Key("start_profile_step", 3, .atLeast(1))
  /// Last measured step.
  public let endStep = Key("end_profile_step", 5, .atLeast(1))
  /// What is made as large, or as small, as possible.
  public let metric = Key("metric", TuningMetric.throughput)
  /// File that an experiment writes its measurement to.
  public let metricPath = Key<String?>("metric_path", nil)
  /// Order in which configurations are tried.
  public let tuner = Key("tuner_type", TunerType.grid)
  /// Trials without improvement after which the search ends.
  public let earlyStopping = Key("tuner_early_stopping", 5, .atLeast(1))
  /// Most trials of one search.
  public let trialCount = Key("tuner_num_trials", 50, .atLeast(1))
  /// Command-line flags that stand for settings.
  public let argumentMappings = Key<JSONNode?>("arg_mappings", nil)
  /// Size of the model, when known beforehand.
  public let model = Subsection<TunedModelKeys>("model_info")
  /// File that the size of the model is written to.
  public let modelPath = Key<String?>("model_info_path", nil)
  /// Ranks that share one copy of the model.
  public let modelParallelSize = Key("mp_size", 1, .atLeast(1))
  /// Largest batch that is tried.
  public let maximumBatchSize = Key<Int?>("max_train_batch_size", nil, .atLeast(1))
  /// Smallest batch that is tried.
  public let minimumBatchSize = Key("min_train_batch_size", 1, .atLeast(1))
  /// Largest micro batch that is tried.
  public let maximumMicroBatchSize = Key("max_train_micro_batch_size_per_gpu", 1024, .atLeast(1))
  /// Smallest micro batch that is tried.
  public let minimumMicroBatchSize = Key("min_train_micro_batch_size_per_gpu", 1, .atLeast(1))
  /// Micro batches that are tried.
  public let microBatchCount = Key("num_tuning_micro_batch_sizes", 3, .atLeast(1))
}

/// What autotuning makes as good as possible.
public enum TuningMetric: String, SettingChoice {
  /// Samples per second.
  case throughput
  /// Time of a step.
  case latency
  /// Floating-point operations per second.
  case flops
}

/// Order in which autotuning tries configurations.
public enum TunerType: String, SettingChoice {
  /// One after another.
  case grid = "gridsearch"
  /// At random.
  case random
  /// The most promising first, by a model of earlier trials.
  case modelBased = "model_based"
}

/// Keys of `autotuning.model_info`.
public struct TunedModelKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Whether the size of the model is measured.
  public let isMeasured = Key("profile", false)
  /// Parameters of the model.
  public let parameterCount = Key<Int?>("num_params", nil, .atLeast(1))
  /// Width of the hidden states.
  public let hiddenSize = Key<Int?>("hidden_size", nil, .atLeast(1))
  /// Layers of the model.
  public let layerCount = Key<Int?>("num_layers", nil, .atLeast(1))
}
