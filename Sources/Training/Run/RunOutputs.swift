import Checkpoints
import Models
import Monitoring
import RunSettings
import Torch
import ZeRO

/// What rank 0 shows and writes while a run goes on: progress, the loss table, monitors, the plot, the summary.
final class RunOutputs {
  private let options: RunOptions
  private let plan: RunPlan
  private let isWriting: Bool
  private let startStep: Int
  private let flopsPerToken: Double
  private let peakFlops: Double
  private let log: RunLog
  private let table: LossTable?
  private let monitors: MonitorSet
  private var bar: ProgressBar
  private var points: [LossPlot.Point] = []
  private let start = ContinuousClock.now

  init(
    options: RunOptions, plan: RunPlan, rank: Int, startStep: Int, flopsPerToken: Double,
    peakFlops: Double, environment: [String: String], log: RunLog
  ) throws {
    self.options = options
    self.plan = plan
    self.startStep = startStep
    self.flopsPerToken = flopsPerToken
    self.peakFlops = peakFlops
    self.log = log
    isWriting = rank == 0
    table = isWriting ? try options.lossTable.map { try LossTable(path: $0, resumedStep: startStep) } : nil
    let folder = options.output ?? ""
    monitors = try MonitorSet(rank: rank) { try RunOutputs.monitors(plan.monitors, folder: folder) }
    bar = ProgressBar(style: .detected(environment: environment))
  }

  private static func monitors(_ plans: MonitorPlans, folder: String) throws -> [any Monitor] {
    func path(_ plan: MonitorPlan) -> String { plan.outputPath.isEmpty ? folder : plan.outputPath }
    var monitors: [any Monitor] = []
    if let plan = plans.tensorboard {
      monitors.append(try TensorBoardWriter(outputPath: path(plan), jobName: plan.jobName))
    }
    if let plan = plans.csv { monitors.append(CSVMonitor(outputPath: path(plan), jobName: plan.jobName)) }
    if let plan = plans.jsonl {
      let folder = path(plan)
      monitors.append(try JSONLMonitor(path: folder.isEmpty ? "\(plan.jobName).jsonl" : "\(folder)/\(plan.jobName).jsonl"))
    }
    return monitors
  }

  func begin(
    model: CausalLanguageModel, parameterCount: Int, engine: TrainingEngine, sequenceLength: Int,
    totalSteps: Int?
  ) {
    guard isWriting else { return }
    for warning in plan.warnings { log.warning("\(warning)") }
    let batch = engine.settings.batch
    log.info(
      "training \(NumberText.grouped(parameterCount)) parameters in \(engine.settings.dtype.name), "
        + "ZeRO-\(engine.settings.zero.stage) over \(batch.rankCount) rank\(batch.rankCount == 1 ? "" : "s"), "
        + "\(batch.trainBatchSize) x \(sequenceLength) tokens a step, "
        + (totalSteps.map { "\($0) steps" } ?? "one pass over the data")
        + (startStep > 0 ? ", from step \(startStep)" : ""))
  }

  func record(_ report: StepReport, totalSteps: Int?) throws {
    guard isWriting else { return }
    try table?.append(report)
    try monitors.write(RunOutputs.events(report))
    points.append(LossPlot.Point(step: report.step, loss: report.loss, tokensPerSecond: report.tokensPerSecond))
    if let overflow = report.overflow {
      runLog.warning(
        "step \(report.step) skipped: the gradient of \(overflow.parameter) was not finite on rank \(overflow.rank), "
          + "loss scale \(NumberText.short(report.lossScale))")
    }
    guard log.shows(.info) else { return }
    var state = ProgressState(step: report.step, totalSteps: totalSteps, elapsed: start.duration(to: .now))
    state.resumedSteps = startStep
    state.loss = report.loss
    state.learningRate = report.learningRate
    state.tokensPerSecond = report.tokensPerSecond
    state.utilization = peakFlops > 0 ? report.tokensPerSecond * flopsPerToken / peakFlops : nil
    bar.update(state)
  }

  private static func events(_ report: StepReport) -> [MonitorEvent] {
    let values: [(EngineEvent, Double?)] = [
      (.trainLoss, report.loss), (.learningRate, report.learningRate), (.lossScale, report.lossScale),
      (.forwardTime, report.phases[.forward]), (.backwardTime, report.phases[.backward]),
      (.backwardInnerTime, report.phases[.backwardInner]),
      (.backwardAllReduceTime, report.phases[.backwardAllReduce]), (.stepTime, report.phases[.step]),
    ]
    return values.compactMap { event, value in value.map { event.event($0, samples: report.globalSamples) } }
  }

  /// The run's log, whose lines stand above the bar.
  var runLog: RunLog {
    RunLog(level: log.level) { [self] line in
      bar.makeRoom()
      log.write(line)
    }
  }

  func finish(memory: MemoryTable, communication: CommunicationSummary?, reports: [StepReport]) throws {
    guard isWriting else { return }
    bar.close()
    try monitors.flush()
    if let output = options.output, !points.isEmpty {
      try LossPlot(title: "Training loss", subtitle: options.model, points: points).write(to: "\(output)/loss.svg")
    }
    log.info(memory.rendered())
    if let communication { log.info("collective operations of rank 0\n" + communication.rendered()) }
    if let first = reports.first, let last = reports.last {
      log.info(
        "loss \(NumberText.fixed(first.loss, 4)) at step \(first.step), "
          + "\(NumberText.fixed(last.loss, 4)) at step \(last.step)")
    }
    let redoneCount = reports.count(where: \.isRedone)
    if redoneCount > 0 {
      log.info("clipping made \(redoneCount) of \(reports.count) steps update again; super_offload gains in the others")
    }
    if let output = options.output { log.info("checkpoint, model and plot are in \(output)") }
  }
}
