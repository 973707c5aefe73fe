import Monitoring
import Torch
import ZeRO

/// Times the phases of steps and tells rank 0's user about them every `steps_per_print` steps.
final class StepWatch {
  private let options: EngineSettings.Watching
  /// The phases of the step under way.
  private var step = WallClockTimers()
  /// The phases since the last line.
  private var interval = WallClockTimers()
  private var stepsSinceLine = 0
  private var throughput = ThroughputTimer()

  init(_ options: EngineSettings.Watching) { self.options = options }

  private static let microsteps: [WallClockTimers.Phase: WallClockTimers.Phase] = [
    .forward: .forwardMicrostep, .backward: .backwardMicrostep, .backwardInner: .backwardInnerMicrostep,
    .backwardAllReduce: .backwardAllReduceMicrostep, .step: .stepMicrostep,
  ]

  /// Times `body` as a phase of the step under way, where phases are timed.
  func measure<Result>(_ phase: WallClockTimers.Phase, _ body: () throws -> Result) rethrows -> Result {
    guard options.measuresWallClock else { return try body() }
    let start = ContinuousClock.now
    let result = try body()
    record(phase, start.duration(to: .now))
    return result
  }

  private func record(_ phase: WallClockTimers.Phase, _ time: Duration) {
    step.record(phase, time)
    interval.record(phase, time)
    guard let microstep = StepWatch.microsteps[phase] else { return }
    step.record(microstep, time)
    interval.record(microstep, time)
  }

  /// Adds what the optimizer says of its own step.
  func record(_ times: ZeROOptimizer.StepTimes) {
    guard options.measuresWallClock else { return }
    record(.optimizerGradients, times.gradientNorm)
    record(.optimizerStep, times.update)
    record(.optimizerAllGather, times.gather)
  }

  /// Writes how much memory is in use, where memory is watched and the step under way is one that is written
  /// about.
  func showMemory(_ place: String, step: Int, log: RunLog) {
    guard options.measuresMemory, isDue(step, otherwise: true) else { return }
    log.info("memory \(place): \(StepWatch.memoryText)")
  }

  private static var memoryText: String {
    let memory = MemoryStatistics.now()
    return
      "tensors \(NumberText.bytes(memory.tensorBytes)), at most \(NumberText.bytes(memory.peakTensorBytes)); "
      + "process \(NumberText.bytes(memory.residentBytes)), "
      + "at most \(NumberText.bytes(memory.peakResidentBytes))"
  }

  /// Whether something is to be written about a step; `always` is the answer without `steps_per_print`.
  private func isDue(_ step: Int, otherwise always: Bool) -> Bool {
    options.stepsPerPrint.map { step.isMultiple(of: $0) } ?? always
  }

  /// Begins an optimizer step.
  func begin() { if options.measuresThroughput { throughput.start() } }

  /// Milliseconds of each phase of the step that ends now; empty where phases are not timed.
  func takePhases() -> [WallClockTimers.Phase: Double] {
    defer { step.reset() }
    let times = WallClockTimers.Phase.allCases.compactMap { phase in
      step.elapsedMilliseconds(phase).map { (phase, $0) }
    }
    return Dictionary(uniqueKeysWithValues: times)
  }

  /// Ends an optimizer step and writes the lines that are due.
  ///
  /// - Parameters:
  ///   - skippedSteps: steps without an update so far.
  ///   - learningRates: of the step's groups.
  ///   - samples: of the step, over all ranks.
  func end(_ report: StepReport, skippedSteps: Int, learningRates: [Double], samples: Int, log: RunLog) {
    stepsSinceLine += 1
    let speed = throughput.stop(samples: samples)
    if isDue(report.step, otherwise: false) {
      let rates = learningRates.map(NumberText.short).joined(separator: ", ")
      log.info(
        "step=\(report.step), skipped=\(skippedSteps), lr=[\(rates)], "
          + "loss=\(NumberText.fixed(report.loss, 4))"
      )
      if let speed {
        let memory = MemoryStatistics.now()
        log.info(
          "global_step=\(report.step), \(speed.text), MemAllocated=\(NumberText.bytes(memory.tensorBytes)), "
            + "MaxMemAllocated=\(NumberText.bytes(memory.peakTensorBytes))")
      }
    }
    guard options.measuresWallClock, isDue(report.step, otherwise: true) else { return }
    log.info("step \(report.step): \(interval.text(stepCount: stepsSinceLine))")
    interval.reset()
    stepsSinceLine = 0
  }
}
