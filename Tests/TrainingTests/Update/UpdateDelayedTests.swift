import AsyncFiles
import Collectives
import Foundation
import Layers
import Models
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Updates that run beside the next step: gradients are one update old.
@Suite struct UpdateDelayedTests {
  let folder = try! TemporaryFolder()

  private func tiny(
    stage: Int, place: UpdateDuringBackwardTests.Place, warmUp: Int, dtype: DType = .float32, clipping: Double = 0
  ) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.dtype = dtype
    tiny.clipping = clipping
    let path = folder.path("nvme")
    tiny.adjust = { settings in
      UpdateDuringBackwardTests.put(&settings, place, in: path)
      settings.zero.updateTiming = .delayed(warmUpSteps: warmUp)
    }
    return tiny
  }

  /// What the definition says, without any of ZeRO: the weights after `steps` steps, and the losses on the way.
  private func reference(_ tiny: TinyTraining, steps: Int, warmUp: Int) throws -> (losses: [Double], weights: [[Float]]) {
    let model = GPT2Model(TinyTraining.configuration)
    try model.materialize(seed: tiny.seed, dtype: .float32)
    let parameters = try model.namedParameters().map(\.parameter)
    let rule = try tiny.optimizer.makeRule()
    var newest = try parameters.map { try $0.tensor.detached().reshape([-1]).clone() }
    let states = try parameters.map { try rule.makeStates(elementCount: $0.elementCount, device: .cpu) }
    let schedule = WarmupLR(maximum: 1e-2, stepCount: 4, shape: .linear)
    var losses: [Double] = []
    func show() throws {
      for (parameter, values) in zip(parameters, newest) {
        _ = try withoutGradients { try parameter.leaf.copyInPlace(values.view(parameter.shape)) }
      }
    }
    for step in 0..<steps {
      let all = try Tensor.randint(
        low: 0, high: TinyTraining.configuration.vocabularySize, shape: [tiny.globalBatch, TinyTraining.length + 1],
        generator: Generator(seed: UInt64(1000 + step)))
      let tokens = try all.narrow(dim: 1, start: 0, length: TinyTraining.length).contiguous()
      let labels = try all.narrow(dim: 1, start: 1, length: TinyTraining.length).contiguous()
      let loss = try model.loss(tokens, labels: labels).mean
      losses.append(try loss.item())
      try loss.backward()
      // The gradient was taken with weights that lack the last update, which is seen from now on.
      try show()
      rule.learningRate = schedule.rates(step: step, initial: [rule.learningRate])[0]
      try rule.beginStep()
      for (index, parameter) in parameters.enumerated() {
        guard let gradient = parameter.leaf.gradient else { continue }
        try withoutGradients {
          try rule.update(
            FlatUpdate(master: newest[index], states: states[index], gradient: gradient.reshape([-1]).clone()))
        }
        try parameter.leaf.setGradient(nil)
      }
      if step < warmUp { try show() }
    }
    newest = try newest.map { try $0.clone() }
    return (losses, try newest.map { try $0.array(of: Float.self) })
  }

  @Test(.timeLimit(.minutes(2)), arguments: [0, 3])
  func `it is the loop of AdamW with gradients one step old, exactly`(warmUp: Int) async throws {
    let tiny = tiny(stage: 2, place: .host, warmUp: warmUp)
    let expected = try reference(tiny, steps: 8, warmUp: warmUp)
    let found = try await onRanks(1) { context in
      let engine = try tiny.engine(context.world)
      let reports = try (0..<8).map { try tiny.step(engine, $0) }
      try engine.optimizer.settle()
      return try TinyTraining.Outcome(engine: engine, reports: reports)
    }[0]
    #expect(found.losses == expected.losses)
    #expect(found.weights == expected.weights)
    // The gradients are old: the run without delay is another one.
    var atOnce = tiny
    atOnce.adjust = { _ in }
    let plain = try await atOnce.run(ranks: 1, steps: 8)
    #expect(plain.losses[..<(warmUp + 1)] == found.losses[..<(warmUp + 1)])
    #expect(plain.losses[(warmUp + 2)...] != found.losses[(warmUp + 2)...])
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(5)), arguments: [1, 2, 3])
  func `the bits do not depend on where states, gradients and parameters are`(stage: Int) async throws {
    for dtype in [DType.float32, .bfloat16] {
      var outcomes: [TinyTraining.Outcome] = []
      for place in UpdateDuringBackwardTests.Place.allCases {
        let tiny = tiny(stage: stage, place: place, warmUp: 2, dtype: dtype)
        outcomes.append(
          try await onRanks(2) { context in
            let engine = try tiny.engine(context.world)
            let reports = try (0..<6).map { try tiny.step(engine, $0) }
            try engine.optimizer.settle()
            return try TinyTraining.Outcome(engine: engine, reports: reports)
          }[0])
      }
      for other in outcomes.dropFirst() {
        #expect(other.losses == outcomes[0].losses)
        // Shards in files are divided otherwise, at pages, and norms are added up otherwise.
        for (norm, first) in zip(other.norms, outcomes[0].norms) { #expect(abs(norm - first) < 1e-6 * first) }
        #expect(other.weights == outcomes[0].weights)
      }
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [1, 3])
  func `steps of the warm-up are those without delay`(stage: Int) async throws {
    let tiny = tiny(stage: stage, place: .host, warmUp: 40, dtype: .bfloat16, clipping: 1)
    var plain = TinyTraining()
    plain.stage = stage
    plain.dtype = .bfloat16
    let expected = try await plain.run(ranks: 2, steps: 4)
    let found = try await tiny.run(ranks: 2, steps: 4)
    #expect(found.losses == expected.losses && found.weights == expected.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [1, 2, 3])
  func `whoever saves or looks sees all updates, and a checkpoint goes on bit by bit`(stage: Int) async throws {
    let tiny = tiny(stage: stage, place: stage == 2 ? .files : .host, warmUp: 1, dtype: .bfloat16, clipping: 1)
    let path = folder.path("run")
    let (rest, resumed) = try await onRanks(2) { context in
      let engine = try tiny.engine(context.world)
      for step in 0..<4 { _ = try tiny.step(engine, step) }
      let name = try #require(try engine.model.namedParameters().first?.path)
      let masters = try engine.fullState("fp32", of: name)
      let seen = try engine.withGatheredParameters([name]) { try $0[0].leaf.to(.float32).array(of: Float.self) }
      #expect(try seen == masters.to(.bfloat16).to(.float32).array(of: Float.self))
      try engine.saveCheckpoint(to: path)
      let other = try tiny.engine(context.world)
      _ = try other.loadCheckpoint(from: path)
      func goOn(_ engine: TrainingEngine) throws -> TinyTraining.Outcome {
        let reports = try (4..<8).map { try tiny.step(engine, $0) }
        try engine.optimizer.settle()
        return try TinyTraining.Outcome(engine: engine, reports: reports)
      }
      return (try goOn(engine), try goOn(other))
    }[0]
    #expect(rest.losses == resumed.losses && rest.weights == resumed.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)))
  func `an overflow skips its own step, not the one under way`() async throws {
    var tiny = tiny(stage: 2, place: .host, warmUp: 0, dtype: .float16)
    tiny.scaler = { try LossScaler(initialPower: 22, dynamic: .init(window: 2, hysteresis: 1)) }
    let (skipped, steps) = try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      let reports = try (0..<12).map { try tiny.step(engine, $0) }
      let name = try #require(try engine.model.namedParameters().first?.path)
      #expect(try engine.fullState("fp32", of: name).array(of: Float.self).allSatisfy(\.isFinite))
      return (reports.filter { $0.overflow != nil }.count, engine.optimizer.groups[0].rule.step)
    }[0]
    #expect(skipped > 0 && skipped < 12)
    #expect(steps == 12 - skipped)
  }
}
