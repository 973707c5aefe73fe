import Collectives
import Monitoring
import RunSettings
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// What an engine prints, and puts into its reports.
@Suite(.tags(.ranks), .timeLimit(.minutes(1)))
struct WatchingTests {
  /// The lines and reports of each rank over some steps of two ranks.
  private func watch(
    steps: Int = 4, accumulation: Int = 1,
    _ adjust: @escaping @Sendable (inout EngineSettings.Watching) -> Void
  ) async throws -> [(lines: [String], reports: [StepReport])] {
    var tiny = TinyTraining()
    tiny.stage = 2
    tiny.accumulation = accumulation
    tiny.adjust = { adjust(&$0.watching) }
    return try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      var lines: [String] = []
      let level = engine.log.level
      engine.log = RunLog(level: level) { lines.append($0) }
      let reports = try (0..<steps).map { try tiny.step(engine, $0) }
      return (lines, reports)
    }
  }

  @Test func `without settings nothing is printed and no phase is timed`() async throws {
    let results = try await watch { _ in }
    #expect(results.allSatisfy { $0.lines.isEmpty && $0.reports.allSatisfy(\.phases.isEmpty) })
  }

  @Test func `wall_clock_breakdown times every phase and prints on rank 0 every steps_per_print steps`()
    async throws
  {
    let results = try await watch(accumulation: 2) {
      $0.measuresWallClock = true
      $0.stepsPerPrint = 2
    }
    let times = results[0].lines.filter { $0.contains("time (ms)") }
    #expect(times.count == 2 && times[0].hasPrefix("step 2: ") && times[1].hasPrefix("step 4: "))
    for phase in WallClockTimers.Phase.allCases { #expect(times[0].contains("| \(phase.rawValue): ")) }
    #expect(results[1].lines.isEmpty)
    for report in results.flatMap(\.reports) {
      let phases = report.phases
      #expect(Set(phases.keys) == Set(WallClockTimers.Phase.allCases))
      #expect(
        try #require(phases[.backwardInner]) + (phases[.backwardAllReduce] ?? 0) <= (phases[.backward] ?? 0))
      #expect(try #require(phases[.forward]) > 0 && (phases[.step] ?? 0) >= (phases[.optimizerStep] ?? 0))
    }
  }

  @Test func `steps_per_print alone prints step, rate, loss and samples per second`() async throws {
    let lines = try await watch { $0.stepsPerPrint = 3 }[0].lines
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("step=3, skipped=0, lr=[") && lines[0].contains("loss="))
    #expect(
      lines[1].contains("global_step=3, RunningAvgSamplesPerSec=") && lines[1].contains("MaxMemAllocated="))
    let quiet = try await watch {
      $0.stepsPerPrint = 3
      $0.measuresThroughput = false
    }[0].lines
    #expect(quiet.count == 1 && quiet[0].hasPrefix("step=3"))
  }

  @Test func `memory_breakdown prints the memory at the points of a step`() async throws {
    let lines = try await watch(accumulation: 2) {
      $0.measuresMemory = true
      $0.stepsPerPrint = 2
    }[0].lines.filter { $0.hasPrefix("memory ") }
    let places = ["after forward of step", "after backward of step", "after step"]
    #expect(lines.count == 6)
    for (line, place) in zip(lines, places.map { $0 + " 2" } + places.map { $0 + " 4" }) {
      #expect(line.hasPrefix("memory \(place): tensors "))
    }
  }

  @Test func `log_level drops what is less severe`() async throws {
    let lines = try await watch {
      $0.stepsPerPrint = 1
      $0.measuresWallClock = true
      $0.logLevel = .warning
    }[0].lines
    #expect(lines.isEmpty)
    #expect(LogLevel.debug < .info && LogLevel.info < .warning && LogLevel.error < .critical)
  }

  @Test func `the state is printed when the engine is made`() async throws {
    let lines = try await onRanks(2) { context in
      let model = try TinyTraining().engine(context.world).model
      var settings = try EngineSettings(plan: try TrainingTestPlan.plan(#""dump_state": true"#, ranks: 2))
      settings.batch.rankCount = 2
      var lines: [String] = []
      _ = try TrainingEngine(
        model: model, settings: settings, processGroup: context.world,
        log: RunLog(level: context.rank == 0 ? .info : nil) { lines.append($0) })
      return lines
    }
    #expect(lines[0].count == 1 && lines[1].isEmpty)
    #expect(lines[0][0].contains("train_batch_size") && lines[0][0].contains("zero_optimization.stage"))
  }

  @Test func `comms_logger counts what the engine sends, and verbose prints each operation`() async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    tiny.adjust = {
      $0.watching.communicationLog = CommunicationLogOptions()
      $0.watching.showsEachOperation = true
    }
    let (summary, lines) = try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      var lines: [String] = []
      engine.log.write = { lines.append($0) }
      for step in 0..<3 { _ = try tiny.step(engine, step) }
      return (try context.world.logSummary(showsStragglers: true), lines)
    }[0]
    let scattered = summary.rows.filter { $0.entry.operation == .reduceScatter }
    let gathered = summary.rows.filter { $0.entry.operation == .allGather }
    #expect(!scattered.isEmpty && scattered.map(\.entry.byteCount) == gathered.map(\.entry.byteCount))
    #expect(
      summary.rows.allSatisfy { $0.entry.count % 3 == 0 && $0.meanMilliseconds > 0 && $0.busBandwidth > 0 })
    #expect(summary.rows.allSatisfy { ($0.stragglerMilliseconds ?? -1) >= 0 })
    let table = summary.rendered()
    #expect(
      table.contains("reduce-scatter") && table.contains("straggling ms") && table.contains("bus Gbit/s"))
    #expect(lines.count == summary.rows.map(\.entry.count).reduce(0, +))
    #expect(lines.contains { $0.hasPrefix("reduce-scatter #") && $0.hasSuffix(" ms") })
  }
}
