import Collectives
import Layers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Units that are gathered by collectives: small ones come together.
@Suite(.tags(.ranks), .timeLimit(.minutes(3)))
struct CoalescedGatherTests {
  private struct Run: Sendable {
    let outcome: TinyTraining.Outcome
    /// Units gathered, and all-gathers, in the last step.
    let units: Int
    let collectives: Int
    let peakLive: Int
    /// Reductions of gradients in the last step.
    let reductions: Int
  }

  /// Every rank behaves as if it were a host of its own.
  private func run(
    ranks: Int = 3, dtype: DType = .float32, recomputes: Bool = false, timeout: Duration = .seconds(60),
    plusPlus: PlusPlusSettings = PlusPlusSettings(),
    disturb: @escaping @Sendable (TrainingEngine, Int) throws -> Void = { _, _ in },
    _ adjust: (inout GatherSettings) -> Void
  ) async throws -> Run {
    var tiny = TinyTraining()
    (tiny.stage, tiny.dtype, tiny.globalBatch, tiny.recomputes) = (3, dtype, 2 * ranks, recomputes)
    tiny.adjust = { $0.zero.plusPlus = plusPlus }
    tiny.gathering.persistenceThreshold = 0
    adjust(&tiny.gathering)
    return try await Ranks.run(count: ranks, timeout: timeout, threadsPerRank: 1, ranksPerHost: 1) { [tiny] context in
      let engine = try tiny.engine(context.world)
      defer { engine.close() }
      let gatherer = try #require(engine.optimizer.gatherer)
      func counts() -> (Int, Int, Int) {
        (
          gatherer.gatherCount, engine.processGroup.counts[.allGather]?.callCount ?? 0,
          engine.optimizer.reducer.reductionCount
        )
      }
      var reports: [StepReport] = []
      var before = (0, 0, 0)
      for step in 0..<4 {
        before = counts()
        try disturb(engine, step)
        reports.append(try tiny.step(engine, step))
      }
      let (after, peakLive) = (counts(), gatherer.peakLiveElementCount)
      let outcome = try TinyTraining.Outcome(engine: engine, reports: reports)
      return Run(
        outcome: outcome, units: after.0 - before.0, collectives: after.1 - before.1,
        peakLive: peakLive, reductions: after.2 - before.2)
    }[0]
  }

  @Test(arguments: [DType.float32, .bfloat16], [false, true])
  func `small units come together, and no bit is another one`(dtype: DType, recomputes: Bool) async throws {
    let single = try await run(dtype: dtype, recomputes: recomputes) { $0.prefetchBucketSize = 0 }
    let together = try await run(dtype: dtype, recomputes: recomputes) { _ in }
    #expect(single.collectives == single.units && single.units > 20)
    #expect(together.collectives * 4 < together.units)
    #expect(together.outcome.losses == single.outcome.losses && together.outcome.norms == single.outcome.norms)
    #expect(together.outcome.weights == single.outcome.weights)
  }

  private enum Way: Sendable, CaseIterable {
    case quantizedWeights, secondaryShards, everything

    var settings: PlusPlusSettings {
      var settings = PlusPlusSettings()
      settings.quantizesWeights = self != .secondaryShards
      settings.secondaryGroupSize = self == .quantizedWeights ? 1 : 2
      settings.quantizesGradients = self == .everything
      settings.errorFeedback = self == .everything ? .init() : nil
      return settings
    }
  }

  @Test(arguments: Way.allCases)
  private func `units that ZeRO++ gathers come together too, each in its own blocks`(way: Way) async throws {
    let ranks = way == .quantizedWeights ? 3 : 4
    let single = try await run(ranks: ranks, dtype: .bfloat16, plusPlus: way.settings) { $0.prefetchBucketSize = 0 }
    let together = try await run(ranks: ranks, dtype: .bfloat16, plusPlus: way.settings) { _ in }
    #expect(together.collectives * 4 < single.collectives && together.units == single.units)
    #expect(together.outcome.losses == single.outcome.losses && together.outcome.norms == single.outcome.norms)
    #expect(together.outcome.weights == single.outcome.weights)
  }

  @Test func `gradients that are quantised are reduced together, others as their buckets fill`() async throws {
    var quantized = PlusPlusSettings()
    quantized.quantizesGradients = true
    let plain = try await run(ranks: 2) { _ in }
    let less = try await run(ranks: 2, plusPlus: quantized) { _ in }
    #expect(plain.reductions > 10 && less.reductions == 1)
  }

  @Test func `a batch holds no more than may live and what is brought ahead`() async throws {
    let all = try await run { _ in }
    let some = try await run { $0.prefetchBucketSize = 6000 }
    #expect(all.collectives < some.collectives && some.collectives < some.units)
    #expect(some.outcome.weights == all.outcome.weights)
    let limit = 8000
    let needed = try await run { ($0.maximumLiveParameters, $0.prefetchBucketSize) = (limit, 0) }
    let few = try await run { $0.maximumLiveParameters = limit }
    #expect(few.peakLive <= max(limit, needed.peakLive) && few.peakLive < all.peakLive)
    #expect(few.collectives < few.units)
    #expect(few.outcome.weights == all.outcome.weights)
  }

  @Test(arguments: [false, true])
  func `a rank that uses units in another order ends the run with an error that says so`(quantizes: Bool) async throws {
    var plusPlus = PlusPlusSettings()
    plusPlus.quantizesWeights = quantizes
    let failure = await #expect(throws: RankFailure.self) {
      _ = try await run(
        ranks: 2, timeout: .seconds(4), plusPlus: plusPlus,
        disturb: { engine, step in
          guard step == 2, engine.processGroup.rank == 1 else { return }
          try engine.optimizer.gatherer?.evaluating {
            _ = try engine.model.namedParameters().last?.parameter.tensor.sum()
          }
        }) { _ in }
    }
    #expect("\(failure.map { "\($0)" } ?? "")".contains("all-gather"))
  }
}
