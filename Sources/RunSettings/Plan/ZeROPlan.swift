/// What ZeRO partitions, and in what pieces it talks.
public struct ZeROPlan: Sendable, Equatable {
  /// What is partitioned.
  public let stage: ZeROStage
  /// Gradient elements that are reduced together.
  public let reduceBucketSize: Int
  /// Parameter elements that are gathered together.
  public let allgatherBucketSize: Int
  /// Whether gradients are reduced while the backward pass goes on.
  public let overlapsCommunication: Bool
  /// Whether each rank receives only the averages it owns, instead of all.
  public let usesReduceScatter: Bool
  /// Whether slices for several owners travel in one all-reduce.
  public let reducesBucketsOfManyRanks: Bool
  /// Whether updated parameters are gathered by all-gathers instead of broadcasts.
  public let allgathersPartitions: Bool
  /// Whether gradients are copied into one buffer as they appear.
  public let keepsGradientsContiguous: Bool
  /// Whether parameters are dealt to ranks in turn.
  public let dealsGradientsRoundRobin: Bool
  /// Whether parameters without a gradient are allowed.
  public let ignoresUnusedParameters: Bool
  /// Whether the norm of all gradients is computed in each step.
  public let computesGradientNorm: Bool
  /// Whether each parameter starts at a 16-byte border of the flat buffers.
  public let alignsParameters: Bool
  /// Whether master weights come from the 32-bit copies of a checkpoint instead of the 16-bit ones.
  public let loadsFromFloat32Weights: Bool
  /// Elements that one optimizer call updates.
  public let subGroupSize: Int
  /// Whether ZeRO takes an optimizer that it was not tested with.
  public let allowsUntestedOptimizer: Bool
  /// Whether expensive checks of the bookkeeping run.
  public let checksSanity: Bool
  /// When the partitioned parameters of stage 3 are gathered and released.
  public let gathering: GatherPlan
  /// Files for partitioned parameters; nil where they stay in memory.
  public let parameterFiles: ParameterFilePlan?
  /// What is quantised on the wire, and who keeps second copies.
  public let plusPlus: PlusPlusPlan
  /// How master weights and optimizer states live in files; nil when they do not.
  public let optimizerFiles: OptimizerFilesPlan?
  /// The share of masters and states that lives in host memory; nil keeps all with the parameters.
  public let optimizerHostRatio: Double?
  /// When updates run.
  public let updates: UpdatePlan
  /// The share of a rank's threads for updates beside training.
  public let updateThreadShare: Double
}

/// When the updates of a step run.
public enum UpdatePlan: Sendable, Equatable {
  /// When the norm of all gradients is known.
  case inStep
  /// While the backward pass goes on.
  case duringBackward
  /// Beside the next step, after so many steps.
  case delayed(warmUpSteps: Int)
  /// Those of important gradients in the step, the others once for several steps.
  case importantFirst(ZenFlowPlan)

  init(_ keys: Settings<OffloadOptimizerKeys>, _ zenFlow: Settings<ZenFlowKeys>) {
    if let plan = ZenFlowPlan(zenFlow) {
      self = .importantFirst(plan)
      return
    }
    self =
      keys.usesSuperOffload ? .duringBackward
      : keys.delaysUpdates ? .delayed(warmUpSteps: keys.delayWarmUpSteps) : .inStep
  }
}

/// Where partitioned parameters live that do not fit into memory.
public struct ParameterFilePlan: Sendable, Equatable {
  /// The folder for the files.
  public let folder: String
  /// Elements that stay in memory.
  public let maximumInMemory: Int
  /// Transfers that may be under way at one time.
  public let bufferCount: Int

  init?(_ keys: Settings<OffloadParameterKeys>) {
    guard keys.device == .nvme, let path = keys.path else { return nil }
    folder = path
    maximumInMemory = keys.maximumInMemory
    bufferCount = keys.bufferCount
  }
}

/// How master weights and optimizer states live in files.
public struct OptimizerFilesPlan: Sendable, Equatable {
  /// The folder on the drive.
  public let folder: String
  /// Buffers between files and memory.
  public let bufferCount: Int
  /// Whether these are page-locked.
  public let pinsMemory: Bool
  /// Whether the next tile is read while the current one is updated.
  public let pipelinesReads: Bool
  /// Whether the previous tile is written while the current one is updated.
  public let pipelinesWrites: Bool
}

extension OptimizerFilesPlan {
  init?(_ keys: Settings<OffloadOptimizerKeys>) {
    guard keys.device == .nvme, let path = keys.path else { return nil }
    folder = path
    bufferCount = keys.bufferCount
    pinsMemory = keys.pinsMemory
    pipelinesReads = keys.pipelinesReads
    pipelinesWrites = keys.pipelinesWrites
  }
}

/// When partitioned parameters are gathered and released; counts are elements.
public struct GatherPlan: Sendable, Equatable {
  /// Smaller parameters stay whole on every rank.
  public let persistenceThreshold: Int
  /// But no more than these in all.
  public let modelPersistenceThreshold: Int
  /// What is brought ahead of its use.
  public let prefetchBucketSize: Int
  /// Beyond which gathered parameters that are not in use are released.
  public let maximumLiveParameters: Int
  /// A parameter that is used again after so many elements stays.
  public let maximumReuseDistance: Int
  /// Modules that are gathered as a whole, by their paths.
  public let leafNames: [String]
  /// Such modules by the ends of their paths.
  public let leafNameSuffixes: [String]
  /// Such modules by the names of their classes, with or without what stands before the last dot.
  public let leafClasses: [String]
}

extension ZeROPlan {
  init(_ settings: Settings<RunKeys>) {
    let zero = settings.zero
    stage = zero.stage
    reduceBucketSize = zero.reduceBucketSize
    allgatherBucketSize = zero.allgatherBucketSize
    updates = UpdatePlan(zero.offloadOptimizer, zero.zenFlow)
    updateThreadShare = zero.offloadOptimizer.coreShare
    overlapsCommunication = zero.overlapsCommunication ?? (zero.stage == .parameters)
    usesReduceScatter = zero.usesReduceScatter
    reducesBucketsOfManyRanks = zero.reducesBucketsOfManyRanks
    allgathersPartitions = zero.allgathersPartitions && !settings.disablesAllgather
    keepsGradientsContiguous = zero.keepsGradientsContiguous
    dealsGradientsRoundRobin = zero.dealsGradientsRoundRobin
    ignoresUnusedParameters = zero.ignoresUnusedParameters
    computesGradientNorm = zero.computesGradientNorm
    alignsParameters = zero.alignsParameters
    loadsFromFloat32Weights = zero.loadsFromFloat32Weights
    subGroupSize = zero.subGroupSize
    allowsUntestedOptimizer = settings.allowsUntestedOptimizer
    checksSanity = zero.checksSanity
    gathering = GatherPlan(
      persistenceThreshold: zero.parameterPersistenceThreshold, modelPersistenceThreshold: zero.modelPersistenceThreshold,
      prefetchBucketSize: zero.prefetchBucketSize, maximumLiveParameters: zero.maximumLiveParameters,
      maximumReuseDistance: zero.maximumReuseDistance,
      leafNames: zero.leafModules.names, leafNameSuffixes: zero.leafModules.nameSuffixes,
      leafClasses: zero.leafModules.classes)
    parameterFiles = ParameterFilePlan(zero.offloadParameters)
    plusPlus = PlusPlusPlan(zero)
    optimizerFiles = OptimizerFilesPlan(zero.offloadOptimizer)
    optimizerHostRatio = zero.offloadOptimizer.device == .cpu ? zero.offloadOptimizer.ratio : nil
  }
}
