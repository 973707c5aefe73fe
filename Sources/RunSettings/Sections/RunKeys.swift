/// The top level of the configuration.
public struct RunKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Users keep settings of their own at the top level; they are ignored with a warning.
  public static var keepsOtherKeys: Bool { true }

  // MARK: Batch

  /// Samples that one optimizer step takes, over all ranks: micro batch x accumulation steps x ranks.
  public let trainBatchSize = Key<Int?>("train_batch_size", nil, .atLeast(1))
  /// Samples that one rank takes through one forward and backward pass.
  public let microBatchSize = Key<Int?>("train_micro_batch_size_per_gpu", nil, .atLeast(1))
  /// Backward passes whose gradients are summed before one optimizer step.
  public let gradientAccumulationSteps = Key<Int?>("gradient_accumulation_steps", nil, .atLeast(1))
  /// Whether the engine counts backward passes; otherwise every `step` call updates.
  public let managesGradientAccumulation = Key("managed_gradient_accumulation", true)

  // MARK: Optimizer and numbers

  /// The optimizer and its parameters.
  public let optimizer = Subsection<OptimizerKeys>("optimizer")
  /// The learning-rate schedule and its parameters.
  public let scheduler = Subsection<SchedulerKeys>("scheduler")
  /// Largest allowed norm of all gradients together; 0 switches clipping off.
  public let gradientClipping = Key("gradient_clipping", 1.0, .atLeast(0))
  /// Training in float16.
  public let fp16 = Subsection<Float16Keys>("fp16")
  /// Training in bfloat16.
  public let bf16 = Subsection<BFloat16Keys>("bf16", aliases: ["bfloat16"])
  /// Mixed precision chosen operation by operation.
  public let autocast = Subsection<AutocastKeys>("torch_autocast")
  /// Mixed precision of NVIDIA Apex.
  public let amp = Subsection<AmpKeys>("amp")
  /// Types of parameters, buffers and accumulated gradients.
  public let dataTypes = Subsection<DataTypeKeys>("data_types")

  // MARK: ZeRO and communication

  /// Partitioning of optimizer states, gradients and parameters over ranks.
  public let zero = Subsection<ZeROKeys>("zero_optimization")
  /// Bucket size of the boolean form `"zero_optimization": true`, in elements.
  public let legacyAllgatherSize = Key<Int?>("allgather_size", nil, .atLeast(2))
  /// Whether ZeRO takes an optimizer that it was not tested with.
  public let allowsUntestedOptimizer = Key("zero_allow_untested_optimizer", false)
  /// Whether ZeRO-Offload insists on its own CPU optimizers.
  public let forcesCPUOptimizer = Key("zero_force_ds_cpu_optimizer", true)
  /// Type in which gradients are reduced; null means `data_types.grad_accum_dtype`, or the type of the model.
  public let communicationDataType = Key<FloatType?>("communication_data_type", nil)
  /// Type in which gradients are reduced under sequence parallelism.
  public let sequenceCommunicationDataType = Key<FloatType?>("seq_parallel_communication_data_type", .float32)
  /// Whether gradients are divided by the number of ranks before the reduction instead of after it.
  public let prescalesGradients = Key("prescale_gradients", false)
  /// Divisor applied before the reduction; the rest of the averaging follows after it.
  public let gradientPredivideFactor = Key("gradient_predivide_factor", 1.0, .above(0))
  /// Whether gradients of ranks are averaged or summed.
  public let gradientReduction = Key("gradient_allreduce_op", GradientReduction.mean)
  /// Whether gradients of embeddings are reduced as rows with indices.
  public let reducesSparseGradients = Key("sparse_gradients", false)
  /// Whether updated parameters are sent by broadcasts instead of all-gathers.
  public let disablesAllgather = Key("disable_allgather", false)

  // MARK: Parallelism

  /// Ranks that share one sequence.
  public let sequenceParallelSize = Key<Int?>("sequence_parallel_size", nil, .atLeast(1))
  /// Ranks along the data-parallel axis of the mesh.
  public let dataParallelSize = Key<Int?>("data_parallel_size", nil, .atLeast(1))
  /// Tensor parallelism.
  public let tensorParallel = Subsection<TensorParallelKeys>("tensor_parallel")
  /// Expert parallelism for mixture-of-experts models.
  public let expertParallel = Subsection<ExpertParallelKeys>("expert_parallel")
  /// Whether data-parallel ranks are neighbours before expert-parallel ones.
  public let placesDataBeforeExperts = Key("use_data_before_expert_parallelism", false)
  /// Pipeline parallelism.
  public let pipeline = Subsection<PipelineKeys>("pipeline")

  // MARK: Memory

  /// Recomputation of activations in the backward pass.
  public let activationCheckpointing = Subsection<ActivationCheckpointingKeys>("activation_checkpointing")
  /// Asynchronous file access of the NVMe tier.
  public let aio = Subsection<AsyncIOKeys>("aio")

  // MARK: Watching

  /// Optimizer steps between two lines with step, rate, loss and samples per second; null prints none.
  public let stepsPerPrint = Key<Int?>("steps_per_print", nil, .atLeast(1))
  /// Whether the time of forward, backward, reduction and step is measured and printed every
  /// `steps_per_print` steps, or at each.
  public let measuresWallClock = Key("wall_clock_breakdown", false)
  /// Whether memory use is printed at several points of the same steps.
  public let measuresMemory = Key("memory_breakdown", false)
  /// Whether every effective setting is printed when the engine is made.
  public let dumpsState = Key("dump_state", false)
  /// Least severe messages that are printed; null means info.
  public let logLevel = Key<LogLevel?>("log_level", nil)
  /// Measurement of throughput.
  public let timers = Subsection<TimerKeys>("timers")
  /// Log of collective operations.
  public let commsLogger = Subsection<CommsLoggerKeys>("comms_logger")
  /// Count of floating-point operations by module.
  public let flopsProfiler = Subsection<FlopsProfilerKeys>("flops_profiler")
  /// Event files for TensorBoard.
  public let tensorboard = Subsection<TensorBoardKeys>("tensorboard")
  /// CSV files, one for each value.
  public let csvMonitor = Subsection<CSVMonitorKeys>("csv_monitor")
  /// One JSON object a line, all values in one file.
  public let jsonlMonitor = Subsection<JSONLMonitorKeys>("jsonl_monitor")
  /// Weights & Biases.
  public let wandb = Subsection<WandbKeys>("wandb")
  /// The service Comet: values go to an experiment there.
  public let comet = Subsection<CometKeys>("comet")

  // MARK: Checkpoints

  /// Saving and loading of checkpoints.
  public let checkpoint = Subsection<CheckpointKeys>("checkpoint")
  /// The Nebula checkpoint service.
  public let nebula = Subsection<NebulaKeys>("nebula")
  /// The DataStates checkpoint library.
  public let dataStates = Subsection<DataStatesKeys>("datastates_ckpt")

  // MARK: Data

  /// Whether the rows of an epoch that do not fill an optimizer step are left out; otherwise rows of the next
  /// epoch fill it.
  public let dropsLastBatch = Key("dataloader_drop_last", false)
  /// Curriculum sampling, dynamic batching and token dropping.
  public let dataEfficiency = Subsection<DataEfficiencyKeys>("data_efficiency")
  /// Curriculum by sequence length, in its first form.
  public let curriculum = Subsection<LegacyCurriculumKeys>("curriculum_learning")
  /// Vocabulary size of the model, for a warning when it is not a multiple of 8.
  public let vocabularySize = Key<Int?>("vocabulary_size", nil, .atLeast(1))

  // MARK: Model changes

  /// Quantisation, pruning and layer reduction during training.
  public let compression = Subsection<CompressionKeys>("compression_training")
  /// Quantised weights for ZeRO-Inference.
  public let weightQuantization = Subsection<WeightQuantizationKeys>("weight_quantization")
  /// Quantisation in the optimizer step.
  public let quantizeTraining = Subsection<QuantizeTrainingKeys>("quantize_training")
  /// Eigenvalues of the Hessian, for the quantisation schedule.
  public let eigenvalue = Subsection<EigenvalueKeys>("eigenvalue")
  /// Layers dropped at random, more of them as training goes on.
  public let progressiveLayerDrop = Subsection<ProgressiveLayerDropKeys>("progressive_layer_drop")
  /// Block-sparse attention.
  public let sparseAttention = Subsection<SparseAttentionKeys>("sparse_attention")

  // MARK: Engines

  /// Training and generation in one engine.
  public let hybridEngine = Subsection<HybridEngineKeys>("hybrid_engine")
  /// Graph passes of DeepCompile.
  public let compile = Subsection<CompileKeys>("compile")
  /// Whether small kernels are replayed from CUDA graphs.
  public let harvestsGraphs = Key("graph_harvesting", false)
  /// Whether the collector of cyclic garbage is switched off; without meaning in Swift.
  public let disablesPythonGC = Key("disable_python_gc", false)

  // MARK: Search and scale

  /// Search for the fastest configuration.
  public let autotuning = Subsection<AutotuningKeys>("autotuning")
  /// Batch sizes for a changing number of ranks.
  public let elasticity = Subsection<ElasticityKeys>("elasticity")
}

/// How gradients of several ranks become one.
public enum GradientReduction: String, SettingChoice {
  /// Their average.
  case mean
  /// Their sum.
  case sum
}

/// Least severe messages that are logged.
public enum LogLevel: String, SettingChoice, Comparable {
  /// Everything.
  case debug
  /// Progress and above.
  case info
  /// Warnings and above.
  case warning
  /// Errors and above.
  case error
  /// Only what ends the run.
  case critical

  /// By severity.
  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.severity < b.severity }

  private var severity: Int { LogLevel.allCases.firstIndex(of: self) ?? 0 }

  /// `warn` and `fatal`.
  public static var otherSpellings: [String: LogLevel] { ["warn": .warning, "fatal": .critical] }
}
