public import Collectives
import Checkpoints
import Datasets
import Glibc
import Layers
import Models
import Monitoring
import Pretrained
public import RunSettings
import Tokenizers
import Torch
import ZeRO

/// A whole training run on one rank: `deepspeed train` without its command line.
///
/// Every rank of the group makes one and calls ``run()``; rank 0 also writes files and shows progress.
public final class TrainingRun {
  /// What was asked for.
  public let options: RunOptions
  /// The resolved config.
  public let plan: RunPlan
  private let group: ProcessGroup
  private let log: RunLog
  private let origin: PretrainedModel
  private let model: CausalLanguageModel
  private let engine: TrainingEngine
  private let dataset: Dataset
  private let loader: PrefetchingLoader
  private let sequenceLength: Int
  private let startStep: Int

  /// Reads config, model and data, and resumes where the options say so.
  ///
  /// - Parameters:
  ///   - options: model, data, config, lengths and folders, as the command line names them.
  ///   - group: the data-parallel ranks.
  ///   - show: receives lines for the user on rank 0.
  /// - Throws: `ConfigurationError`, `ModelError`, `FileFormatError`, `DatasetError`, and what an engine throws.
  public init(options: RunOptions, group: ProcessGroup, show: @escaping (String) -> Void) throws {
    self.options = options
    self.group = group
    try TrainingRun.checkOutput(options, rank: group.rank)
    origin = try PretrainedModel(path: options.model)
    var facts = RunFacts(worldSize: group.size)
    facts.totalSteps = options.steps
    plan = try RunPlan(
      options.configuration ?? .text(RunOptions.defaultConfiguration), facts: facts, strict: options.isStrict)
    var settings = try EngineSettings(plan: plan)
    if let level = options.logLevel { settings.watching.logLevel = level }
    log = RunLog(level: group.rank == 0 ? settings.watching.logLevel : nil, write: show)
    let (model, initializer) = try origin.declaration(dtype: settings.dtype, seed: options.seed)
    self.model = model
    if settings.zero.parameterFiles == nil { try model.checkMemory(dtype: settings.dtype) }
    for pattern in options.frozen { try model.freeze(matching: pattern) }
    sequenceLength = try TrainingRun.sequenceLength(options, model: model)
    dataset = try Dataset(
      path: options.data, sequenceLength: sequenceLength, encoding: try TextEncoding(of: origin, model: model, data: options.data),
      cacheFolder: options.cacheFolder)
    if case .importantFirst(let zenFlow) = plan.zero.updates, case .epochs = zenFlow.choiceInterval {
      let stepCount = try dataset.rowCount() / settings.batch.trainBatchSize
      settings.zero.updateTiming = .importantFirst(ZenFlowSettings(plan: zenFlow, stepsPerEpoch: stepCount))
    }
    engine = try TrainingEngine(model: model, settings: settings, processGroup: group, initializer: initializer, log: log)
    try model.setGenerator(Generator(seed: options.seed &+ UInt64(group.rank)))
    let resumed = try TrainingRun.resume(options, engine: engine)
    startStep = engine.progress.globalSteps
    loader = try PrefetchingLoader(
      dataset: dataset,
      shape: BatchShape(microBatch: settings.batch.microBatchSize, worldSize: group.size, rank: group.rank),
      seed: options.shuffles ? options.seed : nil, resuming: resumed?.data,
      epochMultiple: plan.dropsLastBatch ? settings.batch.trainBatchSize : 1)
  }

  static func sequenceLength(_ options: RunOptions, model: CausalLanguageModel) throws -> Int {
    guard let length = options.sequenceLength else { return min(1024, model.shape.maximumLength) }
    guard (1...model.shape.maximumLength).contains(length) else {
      throw TrainingError.option(
        name: "--seq_len", found: "\(length)",
        expected: "between 1 and \(model.shape.maximumLength), the longest sequence of this model")
    }
    return length
  }

  /// Makes the output folder and tries to write into it: better now than after the last step.
  private static func checkOutput(_ options: RunOptions, rank: Int) throws {
    guard let output = options.output, rank == 0 else { return }
    let probe = output + "/.writable"
    try AtomicFile.write("", to: probe)
    unlink(probe)
  }

  private static func resume(_ options: RunOptions, engine: TrainingEngine) throws -> RunState? {
    guard let folder = options.resume else { return nil }
    guard let state = try engine.loadCheckpoint(from: folder) else {
      throw CheckpointError.noCheckpoint(
        directory: folder, tag: CheckpointWriter.latestFileName, found: CheckpointReader.tags(in: folder))
    }
    return state
  }

  /// Trains to the last step, saves, and reports.
  ///
  /// - Returns: the reports of all steps of this run.
  /// - Throws: ``TrainingError/lossIsNotFinite(loss:step:layer:)``, and what loading and stepping throws.
  public func run() throws -> [StepReport] {
    defer {
      loader.close()
      engine.close()
    }
    let outputs = try RunOutputs(
      options: options, plan: plan, rank: group.rank, startStep: startStep,
      flopsPerToken: try model.flopsPerToken(sequenceLength: sequenceLength),
      peakFlops: try MatrixPeak.measure(dtype: engine.settings.dtype) * Double(group.size),
      environment: options.environment, log: log)
    engine.log = outputs.runLog
    defer { engine.log = log }
    if try !hasNextStep() { log.info("already at step \(startStep), the last one: nothing to train") }
    outputs.begin(
      model: model, parameterCount: try model.parameterCount(), engine: engine,
      sequenceLength: sequenceLength, totalSteps: try totalSteps())
    var reports: [StepReport] = []
    while try hasNextStep() {
      let report = try step()
      reports.append(report)
      try outputs.record(report, totalSteps: try totalSteps())
      if let interval = options.saveInterval, report.step % interval == 0, try hasNextStep() { try save() }
    }
    try save()
    try export()
    let communication = engine.settings.watching.communicationLog == nil ? nil : try group.logSummary()
    try outputs.finish(memory: try memoryTable(), communication: communication, reports: reports)
    return reports
  }

  /// Whether another step belongs to the run. Without `steps` that is one pass over the data; it waits until
  /// the rows of the next step are tokenised, and no longer. Rows that do not fill the last step are trained
  /// on together with the next pass's first ones, or left out with `dataloader_drop_last`.
  private func hasNextStep() throws -> Bool {
    let next = engine.progress.globalSteps
    if let steps = options.steps { return next < steps }
    let batch = engine.settings.batch.trainBatchSize
    // A file with fewer rows than a batch: the loader says so.
    return try next == 0 || dataset.hasRows(next * batch + (plan.dropsLastBatch ? batch : 1))
  }

  /// The steps of the whole run; nil while nobody knows how many rows the data has.
  private func totalSteps() throws -> Int? {
    if let steps = options.steps { return steps }
    let batch = engine.settings.batch.trainBatchSize
    return try dataset.knownRowCount().map { rows in
      max(1, plan.dropsLastBatch ? rows / batch : (rows + batch - 1) / batch)
    }
  }

  /// One optimizer step: micro batches forward and backward, then the update.
  private func step() throws -> StepReport {
    while true {
      let batch = try loader.next()
      let tokens = batch.tokens.elementCount * group.size
      let loss = try engine.forward(tokenCount: tokens) { try model.loss(batch.tokens, labels: batch.labels).mean }
      try engine.backward(loss)
      guard let report = try engine.step() else { continue }
      guard report.loss.isFinite else { throw try diagnose(report, batch) }
      return report
    }
  }

  /// Looks for the first layer that made the loss NaN or infinite, in a second pass over the last batch.
  private func diagnose(_ report: StepReport, _ batch: Batch) throws -> TrainingError {
    let finder = NonFiniteFinder()
    try engine.evaluate {
      try model.attach(finder)
      _ = try model.loss(batch.tokens, labels: batch.labels)
      try model.detach(finder)
    }
    return .lossIsNotFinite(loss: report.loss, step: report.step, layer: finder.first?.description)
  }

  private func save() throws {
    guard let output = options.output else { return }
    try engine.saveCheckpoint(to: output, state: RunState(data: loader.position))
  }

  private func export() throws {
    guard let output = options.output else { return }
    try engine.checkpointPeers.together("export") {
      guard group.rank == 0 else { return }
      try ModelExport(model: model, origin: origin).write(
        to: "\(output)/model", values: { [engine] _, parameter in try engine.wholeValues(of: parameter) })
    }
  }

  /// What every rank keeps, beside the formula.
  private func memoryTable() throws -> MemoryTable {
    let bytes = engine.modelStateBytes
    let formula = engine.modelStateFormula
    let own: [Double] = [
      Double(bytes.parameters), Double(bytes.gradients), Double(bytes.optimizerStates),
      Double(formula.bytes.total), Double(MemoryStatistics.now().peakResidentBytes),
    ]
    let text = own.map { "\(Int($0))" }.joined(separator: " ")
    let rows = try group.allGather(bytes: Array(text.utf8), label: "memory table").enumerated().map { rank, bytes in
      let values = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
      return MemoryTable.Row(
        rank: rank, parameters: values[0], gradients: values[1], optimizerStates: values[2], formula: values[3],
        peakResident: values[4])
    }
    let zero = engine.settings.zero
    return MemoryTable(
      stage: zero.stage, hasStatesInFiles: zero.parameterFiles != nil || zero.fileTier != nil, rows: rows)
  }
}
