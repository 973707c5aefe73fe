/// A configuration with every number settled for a number of ranks. Builders accept only plans.
public struct RunPlan: Sendable {
  /// Ranks of the run.
  public let worldSize: Int
  /// The batch sizes.
  public let batch: BatchPlan
  /// The type that the model trains in.
  public let precision: PrecisionPlan
  /// Type in which gradients of several passes are summed.
  public let gradientAccumulationDataType: FloatType
  /// The optimizer; nil leaves it to the program.
  public let optimizer: OptimizerPlan?
  /// Type of the optimizer's states.
  public let optimizerStateDataType: FloatType
  /// The learning-rate schedule; nil keeps the rate or leaves it to the program.
  public let scheduler: SchedulerPlan?
  /// Largest norm of all gradients together; 0 switches clipping off.
  public let gradientClipping: Double
  /// What is partitioned.
  public let zero: ZeROPlan
  /// How states that live in files are read and written.
  public let asyncFiles: AsyncFilePlan
  /// How gradients of the ranks become one.
  public let reduction: ReductionPlan
  /// The log of collective operations; nil when off.
  public let commsLogger: CommsLoggerPlan?
  /// The monitors that are switched on.
  public let monitors: MonitorPlans
  /// What is measured and printed.
  public let watching: WatchingPlan
  /// How checkpoints are saved.
  public let checkpoint: CheckpointPlan
  /// Whether the last incomplete batch of an epoch is dropped.
  public let dropsLastBatch: Bool
  /// The settings with `"auto"` and everything computed filled in.
  public let config: RunConfig

  /// Type in which gradients travel between ranks.
  public var communicationDataType: FloatType { reduction.dataType }
  /// Optimizer steps between two lines of progress; nil prints none.
  public var stepsPerPrint: Int? { watching.stepsPerPrint }
  /// What is accepted but worth knowing.
  public var warnings: [ConfigurationProblem] { config.warnings }

  /// The plan of a text for a run, with all problems of reading and planning in one error.
  /// - Throws: `ConfigurationError`.
  public init(
    _ source: ConfigurationSource, facts: RunFacts, strict isStrict: Bool = false
  ) throws(ConfigurationError) {
    let (config, problems) = try RunConfig.reading(source, strict: isStrict)
    try self.init(config, facts: facts, earlierProblems: problems)
  }

  init(
    _ config: RunConfig, facts: RunFacts, earlierProblems: [ConfigurationProblem] = []
  ) throws(ConfigurationError) {
    var planner = Planner(config, facts)
    planner.resolve()
    if let error = planner.error(after: earlierProblems) { throw error }
    guard let batch = planner.batch else { preconditionFailure("no batch sizes and no problem") }
    let settings = planner.config.settings
    precision = PrecisionPlan(settings)
    worldSize = facts.worldSize
    self.batch = batch
    gradientAccumulationDataType = settings.dataTypes.gradientAccumulation ?? precision.modelType
    optimizer = OptimizerPlan(settings.optimizer)
    optimizerStateDataType =
      settings.bf16.enabled && settings.bf16.keepsBFloat16States
      ? .bfloat16 : optimizer?.keepsFloat32States ?? true ? .float32 : precision.modelType
    scheduler = SchedulerPlan(settings.scheduler)
    gradientClipping = settings.gradientClipping
    zero = ZeROPlan(settings)
    asyncFiles = AsyncFilePlan(settings.aio)
    reduction = ReductionPlan(settings, gradients: gradientAccumulationDataType)
    commsLogger = CommsLoggerPlan(settings.commsLogger)
    monitors = MonitorPlans(settings)
    watching = WatchingPlan(settings)
    checkpoint = CheckpointPlan(settings.checkpoint)
    dropsLastBatch = settings.dropsLastBatch
    self.config = planner.config
  }
}

extension RunConfig {
  /// The numbers of this configuration for a run.
  /// - Throws: `ConfigurationError` with everything that does not fit together or is not supported yet.
  public func plan(for facts: RunFacts) throws(ConfigurationError) -> RunPlan {
    try RunPlan(self, facts: facts)
  }
}
