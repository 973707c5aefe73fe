public import AsyncFiles
import Collectives
import Optimizers
public import RunSettings
import Torch
import ZeRO

extension EngineSettings {
  /// What a run's plan means for the engine.
  ///
  /// - Throws: `OptimizerError` for values that the config's own rules let pass, ``TrainingError`` when the plan
  ///   has no optimizer.
  public init(plan: RunPlan) throws {
    guard let optimizer = plan.optimizer else {
      throw TrainingError.option(
        name: "optimizer", found: "not in the config", expected: "a section {\"type\": \"AdamW\", \"params\": {...}}")
    }
    let dtype = DType(plan.precision.modelType)
    self.init(
      batch: Batch(
        microBatchSize: plan.batch.microBatchSize,
        gradientAccumulationSteps: plan.batch.gradientAccumulationSteps, rankCount: plan.worldSize),
      dtype: dtype, zero: ZeROSettings(plan: plan), optimizer: OptimizerOptions(plan: optimizer),
      schedule: plan.scheduler.map(schedule(of:)) ?? ConstantLR(), lossScaler: try LossScaler(plan: plan.precision))
    optimizerStateDType = DType(plan.optimizerStateDataType)
    watching = Watching(plan: plan)
    tagValidation = plan.checkpoint.tagValidation
    loadsFloat32Masters = plan.zero.loadsFromFloat32Weights
  }
}

extension EngineSettings.Watching {
  init(plan: RunPlan) {
    self.init()
    stepsPerPrint = plan.watching.stepsPerPrint
    measuresWallClock = plan.watching.measuresWallClock
    measuresMemory = plan.watching.measuresMemory
    measuresThroughput = plan.watching.measuresThroughput
    communicationLog = plan.commsLogger.map { log in
      CommunicationLogOptions(
        operations: log.operations.map { Set($0.map(\.operation)) }, includesLabels: log.includesCaller)
    }
    showsEachOperation = plan.commsLogger?.isVerbose ?? false
    logLevel = plan.watching.logLevel ?? .info
    stateDump = plan.watching.dumpsState ? EffectiveValuesTable(plan.effectiveValues).text : nil
  }
}

extension CommunicationName {
  fileprivate var operation: CollectiveOperation {
    switch self {
    case .allReduce: .allReduce
    case .reduce: .reduce
    case .broadcast: .broadcast
    case .allGather: .allGather
    case .reduceScatter: .reduceScatter
    case .allToAll: .allToAll
    case .send: .send
    case .receive: .receive
    case .barrier: .barrier
    }
  }
}

extension DType {
  init(_ type: FloatType) {
    switch type {
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    }
  }
}

extension ZeROSettings {
  init(plan: RunPlan) {
    let dtype = DType(plan.precision.modelType)
    let gradientDType = DType(plan.gradientAccumulationDataType)
    let communicationDType = DType(plan.communicationDataType)
    let checksOverflow =
      switch plan.precision {
      case .bfloat16(let options): options.checksOverflow
      case .float16: true
      case .float32: false
      }
    self.init(
      stage: plan.zero.stage.rawValue, reduceBucketSize: plan.zero.reduceBucketSize,
      overlapCommunication: plan.zero.overlapsCommunication,
      roundRobinGradients: plan.zero.dealsGradientsRoundRobin,
      averagesGradients: plan.reduction.operation == .mean, prescaleGradients: plan.reduction.prescales,
      gradientPredivideFactor: plan.reduction.predivideFactor,
      clipping: GradientClipping(maximumNorm: plan.gradientClipping),
      gradientDType: gradientDType == dtype ? nil : gradientDType,
      communicationDType: communicationDType == gradientDType ? nil : communicationDType,
      checksOverflow: checksOverflow, keepsFloat32Masters: plan.precision.keepsFloat32Masters)
    plusPlus.quantizesWeights = plan.zero.plusPlus.quantizesWeights
    plusPlus.quantizesFrozenWeights = plan.zero.plusPlus.quantizesFrozenWeights
    shardGroupSize = plan.zero.plusPlus.shardGroupSize
    plusPlus.quantizesGradients = plan.zero.plusPlus.quantizesGradients
    plusPlus.secondaryGroupSize = plan.zero.plusPlus.secondaryGroupSize
    plusPlus.errorFeedback = plan.zero.plusPlus.errorFeedback.map {
      .init(beta: $0.beta, resetInterval: $0.resetInterval)
    }
    parameterFiles = plan.zero.parameterFiles.map { files in
      FileSettings(
        folder: files.folder, files: AsyncFileSettings(plan: plan.asyncFiles),
        maximumInMemory: files.maximumInMemory, bufferCount: files.bufferCount)
    }
    hostOffload = plan.zero.optimizerHostRatio.map { HostOffload(ratio: $0) }
    fileTier = plan.zero.optimizerFiles.map {
      FileTierSettings(plan: $0, files: plan.asyncFiles, subGroupSize: plan.zero.subGroupSize)
    }
    updateTiming =
      switch plan.zero.updates {
      case .inStep: .afterNorm
      case .duringBackward: .duringBackward
      case .delayed(let steps): .delayed(warmUpSteps: steps)
      case .importantFirst(let plan): .importantFirst(ZenFlowSettings(plan: plan))
      }
    workerThreadShare = plan.zero.updateThreadShare
    // As in DeepSpeed, whose stages 1 and 2 know no files.
    if stage == 3, let tier = fileTier {
      gradientFiles = FileSettings(folder: tier.folder, files: tier.files, bufferCount: tier.bufferCount)
    }
    let plan = plan.zero.gathering
    gathering = GatherSettings(
      persistenceThreshold: plan.persistenceThreshold, modelPersistenceThreshold: plan.modelPersistenceThreshold,
      prefetchBucketSize: plan.prefetchBucketSize, maximumLiveParameters: plan.maximumLiveParameters,
      maximumReuseDistance: plan.maximumReuseDistance,
      leafModules: plan.leafNames + plan.leafNameSuffixes.map { "*" + $0 },
      leafClasses: Set(plan.leafClasses.map { String($0.split(separator: ".").last ?? "") }))
  }
}

extension ZenFlowSettings {
  /// - Parameter stepsPerEpoch: for an interval in epochs; where nobody knows it, columns are chosen once.
  init(plan: ZenFlowPlan, stepsPerEpoch: Int? = nil) {
    let interval: Int? =
      switch plan.choiceInterval {
      case .steps(let count): count
      case .epochs(let count): stepsPerEpoch.map { max(1, count * $0) }
      }
    self.init(
      columnShare: plan.columnShare, choiceInterval: interval, updateInterval: plan.updateInterval,
      outweighedShare: plan.outweighedShare, warmupStepCount: plan.warmupStepCount,
      overlapsUpdates: plan.overlapsUpdates, offloadsChosen: plan.offloadsChosen,
      reservedThreadShare: plan.reservedThreadShare)
  }
}

extension FileTierSettings {
  init(plan: OptimizerFilesPlan, files: AsyncFilePlan, subGroupSize: Int) {
    self.init(
      folder: plan.folder, files: AsyncFileSettings(plan: files), bufferCount: plan.bufferCount,
      // Page-locked buffers serve transfers to a GPU; elsewhere they would only take memory from others.
      locksMemory: plan.pinsMemory && Torch.isCUDAAvailable, pipelinesReads: plan.pipelinesReads,
      pipelinesWrites: plan.pipelinesWrites, subGroupSize: subGroupSize)
  }
}

extension AsyncFileSettings {
  /// The section `aio` of a config.
  public init(plan: AsyncFilePlan) {
    self.init(
      blockSize: plan.blockSize, queueDepth: plan.queueDepth, workerCount: plan.threadCount,
      submitsSingly: plan.submitsSingly, overlapsEvents: plan.overlapsEvents)
  }
}

extension OptimizerOptions {
  init(plan: OptimizerPlan) {
    switch plan {
    case .adam(let keys): self = .adam(AdamOptions(keys, isDecoupled: false))
    case .adamW(let keys): self = .adam(AdamOptions(keys, isDecoupled: true))
    case .sgd(let keys):
      self = .sgd(
        SGDOptions(
          learningRate: keys.learningRate, momentum: keys.momentum, dampening: keys.dampening,
          weightDecay: keys.weightDecay, isNesterov: keys.usesNesterov))
    case .adagrad(let keys):
      self = .adagrad(
        AdagradOptions(learningRate: keys.learningRate, epsilon: keys.epsilon, weightDecay: keys.weightDecay))
    case .lion(let keys):
      self = .lion(
        LionOptions(
          learningRate: keys.learningRate, beta1: keys.betas[0], beta2: keys.betas[1], weightDecay: keys.weightDecay))
    case .lamb(let keys):
      self = .lamb(
        LambOptions(
          learningRate: keys.learningRate, beta1: keys.betas[0], beta2: keys.betas[1], epsilon: keys.epsilon,
          addsEpsilonInsideRoot: keys.addsEpsilonInsideRoot, weightDecay: keys.weightDecay,
          maximumRatio: keys.maximumCoefficient, minimumRatio: keys.minimumCoefficient,
          correctsBias: keys.correctsBias))
    }
  }
}

extension AdamOptions {
  fileprivate init(_ keys: Settings<AdamKeys>, isDecoupled: Bool) {
    self.init(
      learningRate: keys.learningRate, beta1: keys.betas[0], beta2: keys.betas[1], epsilon: keys.epsilon,
      weightDecay: keys.weightDecay ?? 0, correctsBias: keys.correctsBias, isDecoupled: isDecoupled,
      usesTensorOperations: keys.usesReference)
  }
}

extension LossScaler {
  init(plan: PrecisionPlan) throws {
    guard case .float16(let options) = plan else {
      try self.init(fixed: 1)
      return
    }
    switch options.lossScaling {
    case .fixed(let scale): try self.init(fixed: scale)
    case .dynamic(let dynamic):
      try self.init(
        initialPower: Int(dynamic.initialScale.exponent),
        dynamic: Dynamic(
          window: dynamic.window, hysteresis: dynamic.hysteresis, refillsHysteresis: dynamic.refillsHysteresis,
          minimum: dynamic.minimumScale))
    }
  }
}

/// The schedule that a config's `scheduler` section describes.
func schedule(of plan: SchedulerPlan) -> any LearningRateSchedule {
  switch plan {
  case .rangeTest(let options):
    return LRRangeTest(
      minimum: perGroup(options.minimumRate), size: options.stepSize, growth: options.stepRate,
      isStaircase: options.isStaircase)
  case .oneCycle(let options):
    return OneCycle(
      minimum: perGroup(options.minimumRate), maximum: perGroup(options.maximumRate), riseSize: options.firstStepSize,
      fallSize: options.secondStepSize, riseStairs: options.firstStairCount, fallStairs: options.secondStairCount,
      rateDecay: options.decayRate, decaySize: options.decayStepSize, cyclesMomentum: options.cyclesMomentum,
      minimumMomentum: perGroup(options.minimumMomentum), maximumMomentum: perGroup(options.maximumMomentum),
      momentumDecay: options.decayMomentumRate)
  case .warmup(let options):
    return WarmupLR(
      minimum: perGroup(options.minimumRate), maximum: options.maximumRate.map(perGroup),
      stepCount: options.warmupSteps, shape: shape(options.shape))
  case .warmupDecay(let options, let totalSteps):
    return WarmupDecayLR(
      totalStepCount: totalSteps, minimum: perGroup(options.minimumRate),
      maximum: options.maximumRate.map(perGroup) ?? 0.001, stepCount: options.warmupSteps, shape: shape(options.shape))
  case .warmupCosine(let options):
    return WarmupCosineLR(
      totalStepCount: options.totalSteps, minimumRatio: options.warmupMinimumRatio, stepCount: options.warmupSteps,
      floorRatio: options.cosineMinimumRatio, shape: shape(options.shape))
  }
}

private func perGroup(_ value: RunSettings.PerGroup) -> Optimizers.PerGroup {
  switch value {
  case .same(let value): .same(value)
  case .each(let values): .each(values)
  }
}

private func shape(_ shape: RunSettings.WarmupShape) -> Optimizers.WarmupShape {
  switch shape {
  case .log: .log
  case .linear: .linear
  }
}
