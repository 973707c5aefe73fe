import Collectives
import Layers
import Models
import TestSupport
import Testing
import Torch

@testable import Training
@testable import ZeRO

/// Frozen weights in 8-bit blocks: a base that is not trained below a small part that is.
@Suite(.tags(.ranks), .timeLimit(.minutes(2)))
struct FrozenWeightTests {
  private struct Run: Sendable {
    let losses: [Double]
    let base: [Float]
    let used: [Float]
    let parameterBytes: Int
  }

  /// Trains the norms only, as an adapter.
  private func run(quantizes: Bool, ranks: Int, ranksPerHost: Int? = nil, steps: Int = 8) async throws -> [Run] {
    var tiny = TinyTraining()
    tiny.stage = 3
    tiny.frozen = ["transformer.wte.*", "transformer.wpe.*", "*.attn.*", "*.mlp.*"]
    tiny.gathering.persistenceThreshold = 0
    tiny.adjust = {
      $0.zero.plusPlus.quantizesFrozenWeights = quantizes
      $0.zero.plusPlus.smallestQuantizedUnit = 600
    }
    let path: ParameterPath = "transformer.h.0.mlp.c_fc.weight"
    return try await Ranks.run(
      count: ranks, timeout: .seconds(60), threadsPerRank: 1, ranksPerHost: ranksPerHost
    ) { [tiny] context in
      let engine = try tiny.engine(context.world)
      defer { engine.close() }
      // The same rows again and again.
      let losses = try (0..<steps).map { _ in try tiny.step(engine, 0).loss }
      let parameter = try engine.model.parameter(at: path)
      let base = try engine.wholeValues(of: parameter).array(of: Float.self)
      let used = try engine.evaluate { try parameter.tensor.array(of: Float.self) }
      try context.world.barrier()
      return Run(losses: losses, base: base, used: used, parameterBytes: engine.modelStateBytes.parameters)
    }
  }

  @Test(arguments: [(1, nil), (2, nil), (4, 2)] as [(Int, Int?)])
  func `a frozen base in blocks takes a quarter of f32, and the rest of the model learns`(
    ranks: Int, ranksPerHost: Int?
  ) async throws {
    let plain = try await run(quantizes: false, ranks: ranks, ranksPerHost: ranksPerHost)
    let quantized = try await run(quantizes: true, ranks: ranks, ranksPerHost: ranksPerHost)
    for (one, other) in zip(plain, quantized) {
      // Most of the model is in blocks: a byte an element and a scale for up to 2,048.
      #expect(Double(other.parameterBytes) < 0.4 * Double(one.parameterBytes))
      #expect(other.losses != one.losses)
      for (left, right) in zip(one.losses, other.losses) { #expect(abs(left - right) < 0.01 * left) }
      // Norms alone change little, with blocks as much as without.
      let falls = [one, other].map { ($0.losses.first ?? 0) - ($0.losses.last ?? 0) }
      #expect(falls[0] > 0.002 && abs(falls[1] - falls[0]) < 0.1 * falls[0])
    }
  }

  @Test func `who saves the base gets what the model uses`() async throws {
    let plain = try await run(quantizes: false, ranks: 2, steps: 1)[0]
    for run in try await run(quantizes: true, ranks: 2, steps: 1) {
      #expect(run.base == run.used)
      #expect(run.base != plain.base)
      let largest = plain.base.map(abs).max() ?? 0
      for (one, other) in zip(run.base, plain.base) { #expect(abs(one - other) <= largest / 254 * 1.01) }
    }
  }

  @Test func `units below the limit stay as they are`() async throws {
    let layout = FlatLayout(
      members: [.init(path: "a", elementCount: 500), .init(path: "b", elementCount: 5000)], partitionCount: 2,
      rankCount: 2, buckets: [[0], [1]])
    let places = QuantizedFrozenShards.places(for: layout, byteOffset: 64, elementByteCount: 2, smallest: 1000)
    let shard = layout.buckets[1].shardElementCount
    #expect(places.count == 1)
    let place = try #require(places[64 + layout.partitionOffset(ofBucket: 1) * 2])
    #expect(place.offset == 0 && place.byteCount >= shard && place.byteCount < shard + 128)
  }

  @Test func `secondary shards take the model divided by their group, from the first gather to the step`() async throws {
    var tiny = TinyTraining()
    tiny.stage = 3
    tiny.dtype = .bfloat16
    tiny.gathering.persistenceThreshold = 0
    tiny.adjust = { $0.zero.plusPlus.secondaryGroupSize = 2 }
    _ = try await Ranks.run(count: 4, timeout: .seconds(60), threadsPerRank: 1, ranksPerHost: 2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      defer { engine.close() }
      let gatherer = try #require(engine.optimizer.gatherer)
      let shards = try #require(gatherer.source as? PlusPlusShards)
      let rows = try Tensor.zeros([2, 8], dtype: .int64)
      let model = try #require(engine.model as? GPT2Model)
      #expect(shards.secondaryByteCount == 0)
      try engine.backward(engine.forward { try model.loss(rows, labels: rows).mean })
      let elements = gatherer.units.reduce(0) { $0 + $1.elementCount }
      #expect(shards.secondaryByteCount == 2 * elements / 2)
      _ = try engine.step()
      #expect(shards.secondaryByteCount == 0)
    }
  }
}
