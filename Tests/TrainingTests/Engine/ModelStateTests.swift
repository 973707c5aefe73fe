import Collectives
import Layers
import Models
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

@Suite struct ModelStateTests {
  /// The formula of arXiv 1910.02054 within 1 % of what it says with the declared padding, while gradients are there.
  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 1, 2, 3], [1, 2, 4, 8])
  func `a rank keeps the bytes of the formula`(stage: Int, ranks: Int) async throws {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.gathering.persistenceThreshold = 0
    tiny.dtype = .bfloat16
    tiny.globalBatch = 8
    tiny.bucketSize = 1 << 20
    let ratios = try await onRanks(ranks) { [tiny] context in
      let engine = try tiny.engine(context.world)
      let model = try #require(engine.model as? GPT2Model)
      let tokens = try Tensor.zeros([8 / ranks, 8], dtype: .int64)
      let loss = try engine.forward { try model.loss(tokens, labels: tokens).mean }
      try engine.backward(loss)
      return Double(engine.modelStateBytes.total) / Double(engine.modelStateFormula.bytes.total) / padding(engine)
    }
    for ratio in ratios { #expect(abs(ratio - 1) < 0.01) }
  }

  /// Checksums are a few bytes a bucket; the weights of the model are more than ten thousand.
  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 2, 3])
  func `weights travel only where they differ, and are then those of the first rank`(stage: Int) async throws
  {
    let results = try await onRanks(3) { context in
      var tiny = TinyTraining()
      tiny.stage = stage
      _ = try tiny.engine(context.world)
      let sentAlike = context.world.sentBytes
      tiny.seed = context.rank == 2 ? 5 : 4
      let engine = try tiny.engine(context.world)
      let sum = try engine.model.parameter(at: "transformer.h.0.mlp.c_fc.weight").tensor.to(.float64).abs().sum().item()
      return (sentAlike, context.world.sentBytes - sentAlike, sum)
    }
    for (alike, _, sum) in results {
      #expect(alike < 2000)
      #expect(sum == results[0].2)
    }
    #expect(results[0].1 > 10_000)
    #expect(results[0].2 > 0)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 1, 2, 3], [1, 2, 4, 8])
  func `a rank sends the bytes of the formula`(stage: Int, ranks: Int) async throws {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.gathering.persistenceThreshold = 0
    tiny.dtype = .bfloat16
    tiny.bucketSize = 1 << 20
    let ratios = try await onRanks(ranks) { [tiny] context in
      let engine = try tiny.engine(context.world)
      _ = try tiny.step(engine, 0)
      let before = sent(context.world)
      _ = try tiny.step(engine, 1)
      let formula = engine.modelStateFormula.sentBytesPerStep
      return formula == 0
        ? Double(sent(context.world) - before) + 1 : Double(sent(context.world) - before) / Double(formula) / padding(engine)
    }
    for ratio in ratios { #expect(abs(ratio - 1) < 0.01) }
  }
}

/// Elements with padding for each one without: the units of a tiny model are small.
private func padding(_ engine: TrainingEngine) -> Double {
  let layouts = engine.optimizer.groups.map(\.flat.layout)
  let elements = layouts.reduce(0) { $0 + $1.members.reduce(0) { $0 + $1.elementCount } }
  return Double(layouts.reduce(0) { $0 + $1.elementCount }) / Double(elements)
}

/// Bytes of parameters and gradients that this rank has sent; the loss and the norm travel by all-reduce of a few
/// bytes, which the formula leaves out.
private func sent(_ group: ProcessGroup) -> Int {
  [CollectiveOperation.reduceScatter, .allGather].reduce(0) { $0 + (group.counts[$1]?.sentBytes ?? 0) }
}
