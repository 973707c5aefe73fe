import Collectives
import Layers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// MiCS: copies of the states in groups of ranks.
@Suite(.tags(.ranks), .timeLimit(.minutes(3)))
struct ShardGroupTests {
  private func training(groupSize: Int?, accumulation: Int = 1) -> OddTraining {
    var training = OddTraining(stage: 3)
    training.accumulation = accumulation
    training.adjust = { $0.zero.shardGroupSize = groupSize }
    return training
  }

  private func weights(_ training: OddTraining, ranks: Int, steps: Int = 20) async throws -> [[String: [Float]]] {
    try await onRanks(ranks) { context in
      let engine = try training.engine(context.world)
      defer { engine.close() }
      for step in 0..<steps { try training.step(engine, step) }
      let weights = try OddTraining.weights(engine)
      try context.world.barrier()
      return weights
    }
  }

  private func distance(_ left: [String: [Float]], _ right: [String: [Float]]) -> Float {
    left.map { name, values in
      let size = values.map(abs).max() ?? 0
      return (zip(values, right[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity) / max(size, 1e-30)
    }.max() ?? .infinity
  }

  @Test(arguments: [(4, 2, 1), (4, 2, 3), (4, 1, 1), (6, 3, 2)])
  func `copies in groups train as one copy does, and stay the same`(
    ranks: Int, groupSize: Int, accumulation: Int
  ) async throws {
    let reference = try await weights(training(groupSize: nil, accumulation: accumulation), ranks: ranks)
    let grouped = try await weights(training(groupSize: groupSize, accumulation: accumulation), ranks: ranks)
    #expect(distance(grouped[0], reference[0]) <= 1e-6)
    for other in grouped { #expect(other == grouped[0]) }
    var whole = training(groupSize: nil, accumulation: accumulation)
    whole.stage = 0
    #expect(distance(grouped[0], try await weights(whole, ranks: ranks)[0]) <= 1e-6)
  }

  private struct Figures: Sendable {
    let states: Double
    let crossing: Int
    let expectedCrossing: Int
    let norm: Double
  }

  private func figures(ranks: Int, groupSize: Int, accumulation: Int) async throws -> [Figures] {
    var tiny = TinyTraining()
    tiny.stage = 3
    tiny.gathering.persistenceThreshold = 0
    tiny.accumulation = accumulation
    tiny.adjust = { $0.zero.shardGroupSize = groupSize }
    return try await Ranks.run(
      count: ranks, timeout: .seconds(60), threadsPerRank: 1, ranksPerHost: groupSize
    ) { [tiny] context in
      let engine = try tiny.engine(context.world)
      defer { engine.close() }
      _ = try tiny.step(engine, 0)
      let before = context.sent.betweenHosts
      let report = try tiny.step(engine, 1)
      let crossing = context.sent.betweenHosts - before
      let padded = engine.optimizer.groups.reduce(0) { $0 + $1.flat.layout.elementCount }
      let copies = ranks / groupSize
      return Figures(
        states: Double(engine.modelStateBytes.total) / Double(engine.modelStateFormula.bytes.total)
          / (1 + engine.paddingShare),
        crossing: crossing, expectedCrossing: 2 * padded / groupSize * 4 * (copies - 1) / copies,
        norm: report.gradientNorm)
    }
  }

  @Test(arguments: [(4, 2, 1), (4, 2, 2), (8, 4, 1)])
  func `only reduced slices cross, once a step, and a rank keeps one part of its copy`(
    ranks: Int, groupSize: Int, accumulation: Int
  ) async throws {
    let all = try await figures(ranks: ranks, groupSize: groupSize, accumulation: accumulation)
    for figures in all {
      // Gradients are gone after the step; parameters and states are 12 of 16 bytes.
      #expect(abs(figures.states - 1) < 0.01)
      // The loss and what keeps ranks together are a few numbers.
      #expect(figures.crossing >= figures.expectedCrossing)
      #expect(figures.crossing < figures.expectedCrossing + 600)
      #expect(figures.norm == all[0].norm)
    }
  }

  @Test func `a checkpoint of copies loads without them, on other ranks, and the other way`() async throws {
    let folder = try TemporaryFolder()
    var tiny = TinyTraining()
    tiny.stage = 3
    func run(
      _ groupSize: Int?, ranks: Int, stage: Int = 3, from: Int, to: Int, load: String? = nil, save: String? = nil
    ) async throws -> TinyTraining.Outcome {
      var tiny = tiny
      tiny.stage = stage
      tiny.adjust = { $0.zero.shardGroupSize = groupSize }
      return try await onRanks(ranks) { [tiny] context in
        let engine = try tiny.engine(context.world)
        defer { engine.close() }
        if let load { _ = try #require(try engine.loadCheckpoint(from: load)) }
        let reports = try (from..<to).map { try tiny.step(engine, $0) }
        if let save { try engine.saveCheckpoint(to: save, state: RunState()) }
        let outcome = try TinyTraining.Outcome(engine: engine, reports: reports)
        try context.world.barrier()
        return outcome
      }[0]
    }
    let whole = try await run(2, ranks: 4, from: 0, to: 6)
    _ = try await run(2, ranks: 4, from: 0, to: 3, save: folder.path("grouped"))
    let again = try await run(2, ranks: 4, from: 3, to: 6, load: folder.path("grouped"))
    #expect(again.weights == whole.weights)
    let plain = try await run(nil, ranks: 2, stage: 1, from: 3, to: 6, load: folder.path("grouped"))
    #expect(plain.distance(to: whole) < 1e-5)
    _ = try await run(nil, ranks: 2, from: 0, to: 3, save: folder.path("plain"))
    let grouped = try await run(4, ranks: 8, from: 3, to: 6, load: folder.path("plain"))
    #expect(grouped.distance(to: whole) < 1e-5)
  }

  @Test func `an overflow on one rank skips the step of every copy`() async throws {
    let training = training(groupSize: 2)
    let overflows = try await onRanks(4) { context in
      let engine = try training.engine(context.world)
      defer { engine.close() }
      let model = try #require(engine.model as? OddModel)
      let rows = try training.rows(context.world, step: 0, micro: 0)
      let before = try OddTraining.weights(engine)
      let loss = try engine.forward {
        let loss = try model.loss(rows)
        return context.rank == 3 ? try loss.mul(Double.infinity) : loss
      }
      try engine.backward(loss)
      let report = try engine.step()
      return (report?.overflow != nil, try OddTraining.weights(engine) == before)
    }
    for (overflow, same) in overflows { #expect(overflow && same) }
  }

  @Test func `a group size that does not divide the ranks is refused with the numbers`() async throws {
    let failure = await #expect(throws: RankFailure.self) {
      _ = try await weights(training(groupSize: 3), ranks: 4, steps: 1)
    }
    #expect("\(failure.map { "\($0)" } ?? "")".contains("4 ranks do not divide into groups of 3"))
  }
}
