public import Collectives
public import Optimizers
public import RunSettings
public import Torch
public import ZeRO

/// Everything a ``TrainingEngine`` needs to know, as numbers and types: what the plan of a run boils down to.
public struct EngineSettings: Sendable {
  /// How samples make up steps: `train = micro * accumulation * ranks`.
  public struct Batch: Sendable, Equatable {
    /// Samples of one forward pass on one rank.
    public var microBatchSize: Int
    /// Forward and backward passes per optimizer step.
    public var gradientAccumulationSteps: Int
    /// Data-parallel ranks.
    public var rankCount: Int
    /// Samples per optimizer step over all ranks.
    public var trainBatchSize: Int { microBatchSize * gradientAccumulationSteps * rankCount }

    /// A batch of these sizes.
    public init(microBatchSize: Int, gradientAccumulationSteps: Int, rankCount: Int) {
      self.microBatchSize = microBatchSize
      self.gradientAccumulationSteps = gradientAccumulationSteps
      self.rankCount = rankCount
    }
  }

  /// Parameters with optimizer options of their own, such as biases without weight decay.
  public struct ParameterGroup: Sendable {
    /// Path patterns, such as `*.bias`.
    public var patterns: [String]
    /// The group's rule.
    public var optimizer: OptimizerOptions

    /// The parameters whose paths fit one of `patterns`, under `optimizer`.
    public init(patterns: [String], optimizer: OptimizerOptions) {
      self.patterns = patterns
      self.optimizer = optimizer
    }
  }

  /// What is measured and printed while training goes on.
  public struct Watching: Sendable, Equatable {
    /// Optimizer steps between two lines about the progress; nil prints none.
    public var stepsPerPrint: Int?
    /// Time the phases of each step: in the reports, and printed every ``stepsPerPrint`` steps, or at each
    /// step.
    public var measuresWallClock = false
    /// Print the memory in use at several points of the steps that are printed, or of each.
    public var measuresMemory = false
    /// Print samples per second every ``stepsPerPrint`` steps.
    public var measuresThroughput = true
    /// The log of collective operations; nil for none.
    public var communicationLog: CommunicationLogOptions?
    /// Print each collective operation that the log takes down.
    public var showsEachOperation = false
    /// Less severe lines are not printed.
    public var logLevel = LogLevel.info
    /// Printed when the engine is made; nil prints nothing.
    public var stateDump: String?

    /// Nothing but samples per second.
    public init() {}
  }

  /// How samples make up steps.
  public var batch: Batch
  /// The dtype of the working parameters: f32, bf16 or f16.
  public var dtype: DType
  /// Partitioning and reduction.
  public var zero: ZeROSettings
  /// The dtype of the optimizers' states: f32, bf16 or f16.
  public var optimizerStateDType = DType.float32
  /// The update rule of parameters that no group of ``parameterGroups`` names.
  public var optimizer: OptimizerOptions
  /// Groups with options of their own, by path pattern; a parameter belongs to the first that fits.
  public var parameterGroups: [ParameterGroup] = []
  /// The learning rate at each step.
  public var schedule: any LearningRateSchedule
  /// The loss scale at the start.
  public var lossScaler: LossScaler
  /// What is measured and printed.
  public var watching = Watching()
  /// What happens when ranks save a checkpoint under different tags (`checkpoint.tag_validation`).
  public var tagValidation = TagValidation.warn
  /// Take master weights from a checkpoint's f32 copies; otherwise they are made from its working weights
  /// (`load_from_fp32_weights`).
  public var loadsFloat32Masters = true

  /// Settings of these values.
  public init(
    batch: Batch, dtype: DType, zero: ZeROSettings, optimizer: OptimizerOptions, schedule: any LearningRateSchedule,
    lossScaler: LossScaler
  ) {
    self.batch = batch
    self.dtype = dtype
    self.zero = zero
    self.optimizer = optimizer
    self.schedule = schedule
    self.lossScaler = lossScaler
  }
}
