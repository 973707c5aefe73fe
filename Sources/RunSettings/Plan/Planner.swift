/// Settles what the configuration leaves open and checks what depends on the number of ranks.
struct Planner {
  private(set) var config: RunConfig
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var batch: BatchPlan?
  private let facts: RunFacts
  private let leavesAutoOpen: Bool

  /// - Parameter leavesAutoOpen: whether an `"auto"` that only a real run can settle is no problem.
  init(_ config: RunConfig, _ facts: RunFacts, leavesAutoOpen: Bool = false) {
    self.config = config
    self.facts = facts
    self.leavesAutoOpen = leavesAutoOpen
  }

  mutating func resolve() {
    guard (1...1 << 20).contains(facts.worldSize) else {
      problems.append(
        config.rules.problem(
          .outOfRange, at: "", found: "\(facts.worldSize) ranks", expected: "1 to \(1 << 20) ranks"))
      return
    }
    var resolver = AutoResolver(config.settings, facts)
    resolver.resolve()
    config.settings = resolver.settings
    problems += config.problems()
    resolveBatch()
    checkGroups()
    resolveTypes()
    checkSchedule()
    if !leavesAutoOpen { config.settings.contents.settleAuto() }
  }

  /// Everything wrong in one error: what reading found, and what planning found elsewhere.
  func error(after earlierProblems: [ConfigurationProblem]) -> ConfigurationError? {
    let known = Set(earlierProblems.map(\.path))
    return ConfigurationError(earlierProblems + problems.filter { !known.contains($0.path) })
  }

  private mutating func resolveBatch() {
    let isReadable = [BatchArithmetic.trainKey, BatchArithmetic.microKey, BatchArithmetic.accumulationKey]
      .allSatisfy {
        if case .unreadable = config.settings.contents.slots[$0]?.content { false } else { true }
      }
    guard isReadable, let ranks = dataParallelSize else { return }
    adopt(\.trainBatchSize, facts.trainBatchSize, "batch size of the run")
    adopt(\.microBatchSize, facts.microBatchSize, "micro batch of the run")
    adopt(\.gradientAccumulationSteps, facts.gradientAccumulationSteps, "accumulation of the run")
    let arithmetic = BatchArithmetic(
      train: config.trainBatchSize, micro: config.microBatchSize,
      accumulation: config.gradientAccumulationSteps,
      ranks: ranks)
    switch arithmetic.solved() {
    case .success(let (plan, sources)):
      batch = plan
      record(\.trainBatchSize, plan.trainBatchSize, sources[BatchArithmetic.trainKey])
      record(\.microBatchSize, plan.microBatchSize, sources[BatchArithmetic.microKey])
      record(
        \.gradientAccumulationSteps, plan.gradientAccumulationSteps, sources[BatchArithmetic.accumulationKey])
    case .failure(let failure):
      let isAuto = config.settings.isAuto(\.trainBatchSize) || config.settings.isAuto(\.microBatchSize)
      if leavesAutoOpen, isAuto, failure.kind == .missing { return }
      problems.append(
        config.rules.problem(
          failure.kind, at: failure.path, found: failure.found, expected: failure.expected))
    }
  }

  /// Ranks that take different samples; nil, and a problem, when sequence parallelism does not divide them.
  private var dataParallelSize: Int? {
    mutating get {
      let shared = config.sequenceParallelSize ?? 1
      guard shared >= 1, facts.worldSize % shared == 0 else {
        problems.append(
          config.rules.problem(
            .batchArithmetic, at: "sequence_parallel_size",
            found: "\(shared), which does not divide "
              + "\(facts.worldSize) ranks", expected: "a divisor of the number of ranks"))
        return nil
      }
      return facts.worldSize / shared
    }
  }

  /// Groups of consecutive ranks must come out even.
  private mutating func checkGroups() {
    let zero = config.settings.zero
    guard zero.stage == .parameters else { return }
    let sizes = [
      ("mics_shard_size", zero.miCSShardSize), ("zero_hpz_partition_size", zero.hierarchicalPartitionSize),
    ]
    for (key, size) in sizes where size > 0 && facts.worldSize % size != 0 {
      problems.append(
        config.rules.problem(
          .contradiction, at: "zero_optimization.\(key)",
          found: "groups of \(size) among \(facts.worldSize) ranks",
          expected: "a divisor of the number of ranks"))
    }
  }

  /// Takes a batch size from the run when the text leaves it open and the other sizes do not settle it.
  private mutating func adopt(_ key: KeyPath<RunKeys, Key<Int?>>, _ value: Int?, _ source: String) {
    let isOpen = !config.settings.isWritten(key) || config.settings.isAuto(key)
    let written = [config.trainBatchSize, config.microBatchSize, config.gradientAccumulationSteps]
    guard isOpen, let value, written.count(where: { $0 != nil }) < 2 else { return }
    config.settings.set(key, value, origin: .argument(source))
  }

  private mutating func record(_ key: KeyPath<RunKeys, Key<Int?>>, _ value: Int, _ source: String?) {
    guard let source else { return }
    config.settings.set(key, value, origin: .computed(source))
  }

  /// Writes down what follows from the stage and the precision, so that the report shows it.
  private mutating func resolveTypes() {
    if leavesAutoOpen, config.fp16.isAuto(\.enabled) || config.bf16.isAuto(\.enabled) { return }
    let model = PrecisionPlan(config.settings).modelType
    // Gradients kept in 32 bits also travel in 32 bits, unless the config asks for another type on the wire.
    if config.communicationDataType == nil {
      let gradients = config.dataTypes.gradientAccumulation
      config.settings.set(
        \.communicationDataType, gradients ?? model,
        origin: .computed(gradients == nil ? "type of the model" : "data_types.grad_accum_dtype"))
    }
    if config.dataTypes.gradientAccumulation == nil {
      config.settings.dataTypes.set(\.gradientAccumulation, model, origin: .computed("type of the model"))
    }
    if config.zero.overlapsCommunication == nil {
      // Updates during backward need gradients that are reduced during backward.
      let updatesEarly = config.zero.offloadOptimizer.usesSuperOffload
      let stage = config.zero.stage
      config.settings.zero.set(
        \.overlapsCommunication, stage == .parameters || updatesEarly,
        origin: .computed(updatesEarly ? "super_offload" : "stage \(stage.text)"))
    }
  }

  private mutating func checkSchedule() {
    let scheduler = config.settings.scheduler
    let (total, warmup): (Int?, Int)
    switch scheduler.type {
    case .warmupDecay:
      let keys = scheduler[\.parameters, as: WarmupDecayKeys.self]
      (total, warmup) = (keys.totalSteps, keys.warmupSteps)
    case .warmupCosine:
      let keys = scheduler[\.parameters, as: WarmupCosineKeys.self]
      (total, warmup) = (keys.totalSteps, keys.warmupSteps)
    default: return
    }
    if let total {
      guard total < warmup else { return }
      config.warn(
        config.rules.problem(
          .contradiction, at: "scheduler.params.total_num_steps", found: "\(total)",
          expected: "at least warmup_num_steps, \(warmup): the rate never reaches its top"))
      return
    }
    switch scheduler.contents.section("params").slots["total_num_steps"]?.content {
    case .unreadable: return
    case .auto where leavesAutoOpen: return
    default:
      problems.append(
        config.rules.problem(
          .missing, at: "scheduler.params.total_num_steps",
          found: "\(scheduler.type?.rawValue ?? "") without a number of steps",
          expected: "\"total_num_steps\", or \"auto\" in a run that knows its steps"))
    }
  }
}
