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
  private let totalSteps: Int
  private let flopsPerToken: Double
  private let peakFlops: Double
  private let show: (String) -> Void
  private let table: LossTable?
  private let monitors: MonitorSet
  private var bar: ProgressBar
  private var points: [LossPlot.Point] = []
  private var timer = ThroughputTimer()
  private let start = ContinuousClock.now

  init(
    options: RunOptions, plan: RunPlan, rank: Int, startStep: Int, totalSteps: Int, flopsPerToken: Double,
    peakFlops: Double, environment: [String: String], show: @escaping (String) -> Void
  ) throws {
    self.options = options
    self.plan = plan
    self.startStep = startStep
    self.totalSteps = totalSteps
    self.flopsPerToken = flopsPerToken
    self.peakFlops = peakFlops
    self.show = show
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

  func begin(model: CausalLanguageModel, parameterCount: Int, engine: TrainingEngine, sequenceLength: Int) {
    guard isWriting else { return }
    for warning in plan.warnings { show("warning: \(warning)") }
    let batch = engine.settings.batch
    show(
      "training \(NumberText.grouped(parameterCount)) parameters in \(engine.settings.dtype.name), "
        + "ZeRO-\(engine.settings.zero.stage) over \(batch.rankCount) rank\(batch.rankCount == 1 ? "" : "s"), "
        + "\(batch.trainBatchSize) x \(sequenceLength) tokens a step, \(totalSteps) steps"
        + (startStep > 0 ? ", from step \(startStep)" : ""))
  }

  func record(_ report: StepReport) throws {
    guard isWriting else { return }
    try table?.append(report)
    try monitors.write([
      EngineEvent.trainLoss.event(report.loss, samples: report.globalSamples),
      EngineEvent.learningRate.event(report.learningRate, samples: report.globalSamples),
      EngineEvent.lossScale.event(report.lossScale, samples: report.globalSamples),
    ])
    points.append(LossPlot.Point(step: report.step, loss: report.loss, tokensPerSecond: report.tokensPerSecond))
    if let overflow = report.overflow {
      bar.note(
        "step \(report.step) skipped: the gradient of \(overflow.parameter) was not finite on rank \(overflow.rank), "
          + "loss scale \(NumberText.short(report.lossScale))")
    }
    var state = ProgressState(step: report.step, totalSteps: totalSteps, elapsed: start.duration(to: .now))
    state.resumedSteps = startStep
    state.loss = report.loss
    state.learningRate = report.learningRate
    state.tokensPerSecond = report.tokensPerSecond
    state.utilization = peakFlops > 0 ? report.tokensPerSecond * flopsPerToken / peakFlops : nil
    bar.update(state)
  }

  func finish(memory: MemoryTable, reports: [StepReport]) throws {
    guard isWriting else { return }
    bar.close()
    try monitors.flush()
    if let output = options.output, !points.isEmpty {
      try LossPlot(title: "Training loss", subtitle: options.model, points: points).write(to: "\(output)/loss.svg")
    }
    show(memory.rendered())
    if let first = reports.first, let last = reports.last {
      show("loss \(NumberText.fixed(first.loss, 4)) at step \(first.step), \(NumberText.fixed(last.loss, 4)) at step \(last.step)")
    }
    if let output = options.output { show("checkpoint, model and plot are in \(output)") }
  }
}
