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
      let formula = Double(engine.modelStateFormula.bytes.total)
      return Double(engine.modelStateBytes.total) / formula / (1 + engine.paddingShare)
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
      let before = context.world.sentByLargeOperations
      _ = try tiny.step(engine, 1)
      let sent = Double(context.world.sentByLargeOperations - before)
      let formula = Double(engine.modelStateFormula.sentBytesPerStep)
      return formula == 0 ? sent + 1 : sent / formula / (1 + engine.paddingShare)
    }
    for ratio in ratios { #expect(abs(ratio - 1) < 0.01) }
  }
}
