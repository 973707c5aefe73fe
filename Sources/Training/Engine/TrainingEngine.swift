public import Collectives
public import Layers
import Monitoring
public import Optimizers
import RunSettings
public import Torch
public import ZeRO

/// DeepSpeed's engine: a model, its partitioned optimizer, a schedule and a loss scale, driven by
/// `forward`, `backward` and `step`.
///
/// ```swift
/// let engine = try TrainingEngine(model: model, settings: settings, processGroup: group)
/// for batch in batches {
///   let loss = try engine.forward { try model.loss(batch.tokens, labels: batch.labels).mean }
///   try engine.backward(loss)
///   if let report = try engine.step() { print(report.loss) }
/// }
/// ```
///
/// It holds no global state: several engines live in one process, each used by one thread at a time.
public final class TrainingEngine {
  /// The model; its parameters are views of flat buffers while the engine lives.
  public let model: Module
  /// What the config says of batches, dtypes, the optimizer and ZeRO, resolved.
  public let settings: EngineSettings
  /// The data-parallel ranks.
  public let processGroup: ProcessGroup
  /// The partitioned optimizer.
  public let optimizer: ZeROOptimizer
  /// How far training is.
  public internal(set) var progress = EngineProgress()
  /// The loss scale.
  public internal(set) var lossScaler: LossScaler
  /// Where lines about the progress go; on rank 0 standard error.
  public var log: RunLog
  private let watch: StepWatch
  private let initialLearningRates: [Double]
  private let clock = ContinuousClock()
  private var stepStart: ContinuousClock.Instant?
  private var losses: [Tensor] = []
  private var tokenCount = 0
  private(set) var phase = Phase.idle
  private var isReducing = true
  /// What ``offloadStates(_:to:)`` put away.
  var statesAway: StatesAway?
  var absenceGuard: AbsenceGuard?

  /// Where between two steps the engine is; calls out of order are the caller's error.
  enum Phase { case idle, forwarded, backwarded }

  /// Takes over `model`: casts its parameters, moves the trainable ones into flat buffers and makes this rank's
  /// part of the optimizer's states.
  ///
  /// - Parameters:
  ///   - model: a model whose parameters have their values.
  ///   - settings: batches, dtypes, the optimizer, schedule and ZeRO, resolved from a config.
  ///   - processGroup: the data-parallel ranks.
  ///   - initializer: gives `model`, which then need not have values, its values, one parameter after another; so a
  ///     model of stage 3 is never whole on a rank.
  ///   - log: where lines about the progress go; nil for standard error of rank 0, from the settings' level
  ///     on.
  /// - Throws: ``TrainingError/nothingToTrain``, `TorchError`, `CollectiveError`, `OptimizerError`.
  public init(
    model: Module, settings: EngineSettings, processGroup: ProcessGroup, initializer: (any Initializer)? = nil,
    log: RunLog? = nil
  ) throws {
    self.model = model
    self.settings = settings
    self.processGroup = processGroup
    lossScaler = settings.lossScaler
    self.log = log ?? RunLog(level: processGroup.rank == 0 ? settings.watching.logLevel : nil)
    watch = StepWatch(settings.watching)
    let named = try model.namedParameters()
    let trainable = named.filter { $0.parameter.isTrainable }
    guard let first = trainable.first else { throw TrainingError.nothingToTrain }
    let groups = try TrainingEngine.groups(of: trainable, settings: settings)
    initialLearningRates = groups.map(\.rule.learningRate)
    try settings.schedule.validate(groupCount: groups.count)
    let frozen = named.filter { !$0.parameter.isTrainable }.map { (path: $0.path.description, parameter: $0.parameter) }
    optimizer = try ZeROOptimizer(
      model: model, groups: groups, frozen: frozen, dtype: settings.dtype,
      device: first.parameter.isMaterialized ? first.parameter.leaf.device : .cpu, processGroup: processGroup,
      settings: settings.zero
    ) { path, parameter in
      try initializer?.tensor(for: parameter, at: ParameterPath(path)) ?? parameter.tensor
    }
    if let initializer {
      for (path, buffer) in try model.namedBuffers() {
        try buffer.setTensor(try initializer.tensor(for: buffer, at: path))
      }
      try initializer.finish()
    }
    try model.setTraining(true)
    beginWatching()
  }

  private func beginWatching() {
    if let dump = settings.watching.stateDump { log.info(dump) }
    for group in optimizer.groups {
      let layout = group.flat.layout
      log.debug(
        "\(layout.members.count) parameters, \(layout.elementCount) elements with padding, in "
          + "\(layout.buckets.count) buckets over \(layout.partitionCount) partitions")
    }
    if let note = processGroup.transportNote { log.debug("flat collectives over all hosts: \(note)") }
    watch.showMemory("with the engine", step: 0, log: log)
    guard let options = settings.watching.communicationLog else { return }
    guard settings.watching.showsEachOperation, log.shows(.info) else { return processGroup.log(options) }
    processGroup.log(options) { [weak self] operation in
      self?.log.info("\(operation.record): \(NumberText.fixed(operation.latency / .milliseconds(1), 3)) ms")
    }
  }

  /// One optimizer group for each group of the settings that has parameters, and one for all others.
  private static func groups(
    of parameters: [(path: ParameterPath, parameter: Parameter)], settings: EngineSettings
  ) throws -> [ZeROOptimizer.Group] {
    let choices = settings.parameterGroups.map(\.optimizer) + [settings.optimizer]
    var members: [[(path: String, parameter: Parameter)]] = choices.map { _ in [] }
    for (path, parameter) in parameters {
      let index = settings.parameterGroups.firstIndex { $0.patterns.contains { path.matches($0) } }
      members[index ?? choices.count - 1].append((path.description, parameter))
    }
    return try zip(choices, members).filter { !$0.1.isEmpty }.map { choice, members in
      ZeROOptimizer.Group(parameters: members, rule: try choice.makeRule(stateDType: settings.optimizerStateDType))
    }
  }

  /// True when the coming backward is the last one before an optimizer step.
  public var isGradientAccumulationBoundary: Bool {
    (progress.microSteps + 1).isMultiple(of: settings.batch.gradientAccumulationSteps)
  }

  /// The learning rate of each group in the coming step.
  public var learningRates: [Double] {
    settings.schedule.rates(step: progress.appliedSteps, initial: initialLearningRates)
  }

  private var stepInputs: ZeROOptimizer.StepInputs {
    let rates = learningRates
    return ZeROOptimizer.StepInputs(
      lossScale: lossScaler.scale, learningRates: rates,
      momenta: settings.schedule.momenta(step: progress.appliedSteps, groupCount: rates.count))
  }

  /// Runs a forward pass that yields a scalar loss.
  ///
  /// - Parameters:
  ///   - tokenCount: tokens of all ranks in this micro batch, for the speed that reports show.
  ///   - body: computes the loss, a scalar.
  /// - Throws: what `body` throws, ``TrainingError/lossIsNotScalar(shape:)``.
  public func forward(tokenCount: Int = 0, _ body: () throws -> Tensor) throws -> Tensor {
    try requireHome([.workingParameters])
    if stepStart == nil {
      stepStart = clock.now
      watch.begin()
    }
    try optimizer.gatherer?.beginForward()
    let loss = try watch.measure(.forward, body)
    try optimizer.gatherer?.endForward(loss: loss)
    showMemory("after forward")
    guard loss.elementCount == 1 else { throw TrainingError.lossIsNotScalar(shape: loss.shape) }
    self.tokenCount += tokenCount
    losses.append(try loss.detached())
    phase = .forwarded
    return loss
  }

  /// Computes gradients of `loss`, times the loss scale and one over the accumulation steps, and reduces them
  /// over the ranks as the ZeRO stage demands.
  ///
  /// - Throws: ``TrainingError/backwardBeforeForward``, `TorchError`, `CollectiveError`.
  public func backward(_ loss: Tensor) throws {
    guard phase == .forwarded else { throw TrainingError.backwardBeforeForward }
    try requireHome()
    try watch.measure(.backward) {
      try optimizer.beginBackward(
        before: isGradientAccumulationBoundary ? stepInputs : nil, mayReduce: isReducing)
      let accumulation = Double(settings.batch.gradientAccumulationSteps)
      let seed = try Tensor.full(
        loss.shape, lossScaler.scale / accumulation, dtype: loss.dtype, device: loss.device)
      try watch.measure(.backwardInner) { try loss.backward(gradient: seed) }
      try watch.measure(.backwardAllReduce) { try optimizer.finishBackward() }
    }
    showMemory("after backward")
    phase = .backwarded
  }

  private func showMemory(_ place: String) {
    guard isGradientAccumulationBoundary else { return }
    watch.showMemory("\(place) of step \(progress.globalSteps + 1)", step: progress.globalSteps + 1, log: log)
  }

  /// Ends a micro step; at the accumulation boundary updates the weights.
  ///
  /// - Returns: what the optimizer step did, or nil between boundaries.
  /// - Throws: ``TrainingError``, `OptimizerError.lossScaleExhausted`, `CollectiveError`, `TorchError`.
  public func step() throws -> StepReport? {
    guard isReducing else { throw TrainingError.stepInsideNoSync }
    guard phase == .backwarded else { throw TrainingError.stepBeforeBackward }
    try requireHome()
    phase = .idle
    let isBoundary = isGradientAccumulationBoundary
    progress.microSteps += 1
    return isBoundary ? try takeStep() : nil
  }

  private func takeStep() throws -> StepReport {
    let inputs = stepInputs
    let (rates, scale) = (inputs.learningRates, inputs.lossScale)
    let loss = try meanLoss()
    let outcome = try watch.measure(.step) { try optimizer.step(inputs) }
    watch.record(outcome.times)
    progress.globalSteps += 1
    progress.globalSamples += settings.batch.trainBatchSize
    if outcome.overflow != nil { progress.skippedSteps += 1 }
    try lossScaler.update(overflow: outcome.overflow != nil)
    if lossScaler.scale != scale { optimizer.lossScaleChanged(by: lossScaler.scale / scale) }
    let elapsed = stepStart.map { $0.duration(to: clock.now) } ?? .zero
    let report = StepReport(
      step: progress.globalSteps, loss: loss, learningRate: rates.first ?? 0, gradientNorm: outcome.gradientNorm,
      lossScale: scale, overflow: outcome.overflow.map { .init(parameter: $0.path, rank: $0.rank) },
      isRedone: outcome.isRedone, globalSamples: progress.globalSamples, tokenCount: tokenCount,
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18,
      phases: watch.takePhases())
    watch.end(
      report, skippedSteps: progress.skippedSteps, learningRates: rates,
      samples: settings.batch.trainBatchSize, log: log)
    watch.showMemory("after step \(report.step)", step: report.step, log: log)
    losses = []
    tokenCount = 0
    stepStart = nil
    return report
  }

  /// The mean over the step's micro batches and all ranks.
  private func meanLoss() throws -> Double {
    let local = try losses.reduce(0) { $0 + (try $1.item()) } / Double(max(losses.count, 1))
    guard processGroup.size > 1 else { return local }
    let total = try Tensor([local], shape: [1])
    try processGroup.allReduce(total, op: .sum, label: "loss").wait()
    return try total.item() / Double(processGroup.size)
  }

  /// Runs `body` with gradients only accumulating on this rank, at any ZeRO stage; `step` is not allowed inside.
  ///
  /// - Throws: ``TrainingError/nestedNoSync``, what `body` throws.
  public func noSync<Result>(_ body: () throws -> Result) throws -> Result {
    guard isReducing else { throw TrainingError.nestedNoSync }
    isReducing = false
    defer { isReducing = true }
    return try body()
  }

  /// Forgets the gradients accumulated since the last step.
  ///
  /// - Throws: `UpdateError.underWay` when they have changed weights already.
  public func zeroGradients() throws { try optimizer.zeroGradients() }

  /// Runs `body` in evaluation mode without recording gradients. With delayed updates every rank calls it: the last
  /// step's weights are published first.
  ///
  /// - Throws: what `body` throws.
  public func evaluate<Result>(_ body: () throws -> Result) throws -> Result {
    try requireHome([.workingParameters])
    try optimizer.settle()
    try model.setTraining(false)
    defer { try? model.setTraining(true) }
    return try withoutGradients { try optimizer.gatherer?.evaluating(body) ?? body() }
  }

  /// Detaches from the model, whose parameters keep their last values: with delayed updates those before the last step,
  /// unless `ZeROOptimizer.settle()` or a checkpoint came before. Calls no other rank, which may have failed.
  public func close() { optimizer.close() }
}
