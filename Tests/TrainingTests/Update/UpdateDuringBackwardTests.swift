import AsyncFiles
import Collectives
import Foundation
import Layers
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Updates that begin while backward goes on give the bits of updates in the step.
@Suite struct UpdateDuringBackwardTests {
  let folder = try! TemporaryFolder()

  /// Where states, and at stage 3 parameters and gradients, live.
  enum Place: CaseIterable { case host, partly, files, everythingInFiles }

  static func put(_ settings: inout EngineSettings, _ place: Place, in folder: String) {
    let files = AsyncFileSettings(blockSize: 4096, queueDepth: 4)
    switch place {
    case .host: settings.zero.hostOffload = HostOffload(ratio: 1)
    case .partly: settings.zero.hostOffload = HostOffload(ratio: 0.5)
    case .files, .everythingInFiles:
      settings.zero.fileTier = FileTierSettings(
        folder: folder, files: files, locksMemory: false, pipelinesReads: true, pipelinesWrites: true,
        subGroupSize: 700)
    }
    guard place == .everythingInFiles, settings.zero.stage == 3 else { return }
    settings.zero.gradientFiles = FileSettings(folder: folder, files: files)
    settings.zero.parameterFiles = FileSettings(folder: folder, files: files, maximumInMemory: 3000)
  }

  private func tiny(
    stage: Int, place: Place, timing: UpdateTiming, dtype: DType = .bfloat16, checksOverflow: Bool = false
  ) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.dtype = dtype
    tiny.clipping = 0
    let path = folder.path("nvme")
    tiny.adjust = { settings in
      Self.put(&settings, place, in: path)
      settings.zero.updateTiming = timing
      settings.zero.checksOverflow = checksOverflow
    }
    return tiny
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(5)), arguments: [1, 2, 3], Place.allCases)
  func `the bits are those of updates in the step`(stage: Int, place: Place) async throws {
    for dtype in [DType.float32, .bfloat16] {
      for (ranks, accumulation) in [(1, 1), (2, 2), (2, 1)] {
        var inStep = tiny(stage: stage, place: place, timing: .afterNorm, dtype: dtype)
        inStep.accumulation = accumulation
        var during = tiny(
          stage: stage, place: place, timing: .duringBackward, dtype: dtype, checksOverflow: accumulation == 2)
        during.accumulation = accumulation
        let expected = try await inStep.run(ranks: ranks, steps: 4)
        let found = try await during.run(ranks: ranks, steps: 4)
        #expect(found.losses == expected.losses)
        #expect(found.norms == expected.norms)
        #expect(found.weights == expected.weights)
      }
    }
    let leftOver = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("nvme"))) ?? []
    #expect(leftOver.isEmpty)
  }

  @Test(
    .tags(.ranks), .timeLimit(.minutes(3)), arguments: [(1, 0.0), (2, 0), (3, 0), (2, 0.5), (3, 0.5)],
    [Place.host, .everythingInFiles])
  func `steps that overflow are taken back bit by bit`(kind: (stage: Int, clipping: Double), place: Place) async throws {
    let (stage, clipping) = kind
    func run(_ timing: UpdateTiming) async throws -> (scales: [Double], skipped: [Bool], outcome: TinyTraining.Outcome) {
      var tiny = tiny(stage: stage, place: place, timing: timing, dtype: .float16, checksOverflow: true)
      tiny.clipping = clipping
      // So large that some of the first gradients are infinite in f16, some are not.
      tiny.scaler = { try LossScaler(initialPower: 22, dynamic: .init(window: 3, hysteresis: 1)) }
      return try await onRanks(2) { [tiny] context in
        let engine = try tiny.engine(context.world)
        let reports = try (0..<12).map { try tiny.step(engine, $0) }
        return (
          reports.map(\.lossScale), reports.map { $0.overflow != nil },
          try TinyTraining.Outcome(engine: engine, reports: reports)
        )
      }[0]
    }
    let expected = try await run(.afterNorm)
    let found = try await run(.duringBackward)
    #expect(expected.skipped.contains(true) && expected.skipped.contains(false))
    #expect(found.skipped == expected.skipped && found.scales == expected.scales)
    #expect(found.outcome.losses == expected.outcome.losses)
    #expect(found.outcome.weights == expected.outcome.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(5)), arguments: [1, 2, 3], Place.allCases)
  func `updates that clipping asks for are taken back and run again`(stage: Int, place: Place) async throws {
    let limit = try await middleNorm(stage: stage)
    for (ranks, accumulation, dtype) in [(1, 1, DType.float32), (2, 2, .bfloat16), (3, 1, .bfloat16)] {
      func run(_ timing: UpdateTiming) async throws -> ([Bool], TinyTraining.Outcome) {
        var tiny = tiny(stage: stage, place: place, timing: timing, dtype: dtype, checksOverflow: accumulation == 2)
        (tiny.clipping, tiny.accumulation, tiny.globalBatch) = (limit, accumulation, 12)
        return try await onRanks(ranks) { [tiny] context in
          let engine = try tiny.engine(context.world)
          defer { engine.close() }
          let reports = try (0..<6).map { try tiny.step(engine, $0) }
          return (reports.map(\.isRedone), try TinyTraining.Outcome(engine: engine, reports: reports))
        }[0]
      }
      let (never, expected) = try await run(.afterNorm)
      let (redone, found) = try await run(.duringBackward)
      #expect(redone.contains(true) && redone.contains(false))
      #expect(redone == expected.norms.map { $0 > limit } && !never.contains(true))
      #expect(found.losses == expected.losses && found.norms == expected.norms)
      #expect(found.weights == expected.weights)
    }
  }

  /// A limit that some steps exceed, and some do not.
  private func middleNorm(stage: Int) async throws -> Double {
    var tiny = tiny(stage: stage, place: .host, timing: .afterNorm, dtype: .float32)
    tiny.globalBatch = 12
    let norms = try await tiny.run(ranks: 1, steps: 6).norms.sorted()
    return (norms[2] + norms[3]) / 2
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)), arguments: [2, 3])
  func `an update in the step between two during backward is not taken back with them`(stage: Int) async throws {
    func run(_ timing: UpdateTiming) async throws -> TinyTraining.Outcome {
      var tiny = tiny(stage: stage, place: .everythingInFiles, timing: timing, dtype: .bfloat16)
      tiny.clipping = 1e-3
      return try await onRanks(2) { [tiny] context in
        let engine = try tiny.engine(context.world)
        defer { engine.close() }
        var reports = [try tiny.step(engine, 0)]
        // Without gradients nothing began during backward.
        let model = engine.model
        let loss = try engine.forward { try model.namedParameters()[0].parameter.tensor.to(.float32).square().sum() }
        try engine.noSync { try engine.backward(loss) }
        reports.append(try #require(try engine.step()))
        reports.append(try tiny.step(engine, 1))
        return try TinyTraining.Outcome(engine: engine, reports: reports)
      }[0]
    }
    let expected = try await run(.afterNorm)
    let found = try await run(.duringBackward)
    #expect(found.norms == expected.norms && found.weights == expected.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)), arguments: [UpdateTiming.afterNorm, .duringBackward])
  func `what a benchmark moves through memory stays as it is`(timing: UpdateTiming) async throws {
    let tiny = tiny(stage: 3, place: .everythingInFiles, timing: timing, checksOverflow: true)
    let expected = try await tiny.run(ranks: 2, steps: 4)
    let found = try await onRanks(2) { context in
      let engine = try tiny.engine(context.world)
      #expect(engine.optimizer.usesFiles)
      let reports = try (0..<4).map { step in
        try engine.optimizer.passThroughFiles()
        return try tiny.step(engine, step)
      }
      try engine.optimizer.passThroughFiles()
      return try TinyTraining.Outcome(engine: engine, reports: reports)
    }[0]
    #expect(found.losses == expected.losses && found.weights == expected.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `gradients leave during backward, and nobody looks inside until the step`() async throws {
    let tiny = tiny(stage: 2, place: .host, timing: .duringBackward, checksOverflow: true)
    _ = try await onRanks(2) { context in
      let engine = try tiny.engine(context.world)
      let path = try #require(try engine.model.namedParameters().first?.path)
      _ = try tiny.step(engine, 0)
      let before = try engine.fullState("exp_avg", of: path).array(of: Float.self)
      func loss() throws -> Tensor {
        try engine.forward { try engine.model.namedParameters()[0].parameter.tensor.to(.float32).square().sum() }
      }
      try engine.backward(loss())
      #expect(engine.optimizer.reducer.byteCount == 0)
      #expect(throws: UpdateError.underWay) { try engine.fullState("fp32", of: path) }
      #expect(throws: UpdateError.underWay) { try engine.localState("fp32", of: path) }
      #expect(throws: UpdateError.underWay) { try engine.fullGradient(of: path) }
      #expect(throws: UpdateError.underWay) { try engine.saveCheckpoint(to: folder.path("checkpoint")) }
      #expect(throws: UpdateError.underWay) { try engine.backward(loss()) }
      // They can be taken back here, because overflows are looked for.
      try engine.zeroGradients()
      #expect(try engine.fullState("exp_avg", of: path).array(of: Float.self) == before)
      #expect(engine.optimizer.groups[0].rule.step == 1)
      try engine.backward(loss())
      #expect(try engine.step() != nil)
      #expect(try engine.fullState("exp_avg", of: path).array(of: Float.self) != before)
    }
  }

  @Test(arguments: [UpdateTiming.duringBackward, .delayed(warmUpSteps: 0)])
  func `a rule that talks to other ranks is refused`(timing: UpdateTiming) async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    tiny.clipping = 0
    tiny.optimizer = .lamb(LambOptions())
    tiny.adjust = { $0.zero.updateTiming = timing }
    await #expect(throws: (any Error).self) { try await tiny.run(ranks: 1, steps: 1) }
    tiny.optimizer = .adam(AdamOptions())
    _ = try await tiny.run(ranks: 1, steps: 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a closed engine says so instead of waiting for ever`() async throws {
    let tiny = tiny(stage: 2, place: .host, timing: .duringBackward)
    _ = try await onRanks(1) { context in
      let engine = try tiny.engine(context.world)
      _ = try tiny.step(engine, 0)
      engine.close()
      #expect(throws: UpdateError.closed) { _ = try tiny.step(engine, 1) }
    }
  }

  @Test func `the keys of the config reach the engine`() throws {
    func settings(_ keys: String, clipping: Double = 0) throws -> ZeROSettings {
      let offload = #""offload_optimizer": {"device": "cpu", \#(keys)}"#
      return try TrainingTestPlan.settings(
        #""gradient_clipping": \#(clipping), "zero_optimization": {"stage": 2, \#(offload)}"#
      ).zero
    }
    let during = try settings(#""super_offload": true, "cpuadam_cores_perc": 0.25"#)
    #expect(during.updateTiming == .duringBackward && during.workerThreadShare == 0.25)
    #expect(during.overlapCommunication && during.updatesBesideTraining)
    #expect(try settings(#""super_offload": true"#, clipping: 1).updatesBesideTraining)
    let delayed = try settings(#""delayed_update": true, "delayed_update_warmup_steps": 7"#)
    #expect(delayed.updateTiming == .delayed(warmUpSteps: 7) && !delayed.overlapCommunication)
    #expect(try settings(#""delayed_update": true"#).updateTiming == .delayed(warmUpSteps: 40))
    #expect(try settings(#""ratio": 1"#).updateTiming == .afterNorm)
  }
}
