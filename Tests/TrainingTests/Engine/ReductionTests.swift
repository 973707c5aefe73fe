import Collectives
import Layers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Settings of the reduction change what is sent, and when.
@Suite(.tags(.ranks), .timeLimit(.minutes(1)))
struct ReductionTests {
  private func reducedBytes(_ tiny: TinyTraining) async throws -> Int {
    try await onRanks(2) { context in
      let engine = try tiny.engine(context.world)
      _ = try tiny.step(engine, 0)
      return context.world.counts[.reduceScatter]?.payloadBytes ?? 0
    }[0]
  }

  @Test(arguments: [
    (true, false, 1.0, 1.0, 0.25), (true, true, 1, 0.25, 1), (true, false, 2, 0.5, 0.5), (false, true, 2, 1, 1),
  ])
  func `prescaling and predividing move the division before the sum`(
    isMean: Bool, prescales: Bool, factor: Double, before: Double, after: Double
  ) {
    let combination = GradientReducer.Combination(
      isMean: isMean, prescale: prescales, predivideFactor: factor, rankCount: 4)
    #expect(combination.multiplierBefore == before && combination.multiplierAfter == after)
  }

  @Test func `communication_data_type is the type on the wire`() async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    let whole = try await reducedBytes(tiny)
    tiny.communicationDType = .bfloat16
    #expect(try await 2 * reducedBytes(tiny) == whole)
  }

  @Test(arguments: [true, false])
  func `overlap_comm reduces while backward runs`(overlaps: Bool) async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    tiny.overlap = overlaps
    let (within, all) = try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      let parameters = try engine.model.namedParameters()
      // The embedding's gradient is the last that backward completes.
      guard let last = parameters.first?.parameter else { return (0, 0) }
      var within = -1
      let hook = try last.tensor.onGradientAccumulated { _ in
        within = context.world.counts[.reduceScatter]?.callCount ?? 0
      }
      _ = try tiny.step(engine, 0)
      hook.remove()
      return (within, context.world.counts[.reduceScatter]?.callCount ?? 0)
    }[0]
    #expect(all > 2)
    #expect(overlaps ? within > 0 : within == 0)
  }

  @Test func `round_robin_gradients deals parameters to the buckets in turn`() async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    func order(_ tiny: TinyTraining) async throws -> [[Int]] {
      try await onRanks(2) { context in
        try tiny.engine(context.world).optimizer.groups[0].flat.layout.buckets.map {
          $0.entries.map(\.member)
        }
      }[0]
    }
    let plain = try await order(tiny)
    tiny.roundRobin = true
    #expect(try await order(tiny) != plain)
  }
}
