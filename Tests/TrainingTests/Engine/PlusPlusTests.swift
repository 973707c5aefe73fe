import Collectives
import Layers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// ZeRO++ in whole training steps, on ranks that behave as if they were on several hosts.
@Suite(.tags(.ranks), .timeLimit(.minutes(3)))
struct PlusPlusTests {
  private struct Run: Sendable {
    let losses: [Double]
    let weights: [[Float]]
    let crossing: [Int]
  }

  /// Four ranks on two hosts; the bytes that each sends between hosts in the last step.
  private func run(_ settings: PlusPlusSettings, steps: Int = 6, dtype: DType = .float32) async throws -> Run {
    var tiny = TinyTraining()
    tiny.stage = 3
    tiny.dtype = dtype
    tiny.gathering.persistenceThreshold = 0
    tiny.adjust = { $0.zero.plusPlus = settings }
    let results = try await Ranks.run(count: 4, timeout: .seconds(60), threadsPerRank: 1, ranksPerHost: 2) {
      [tiny] context in
      let engine = try tiny.engine(context.world)
      defer { engine.close() }
      var losses: [Double] = []
      for step in 0..<steps { losses.append(try tiny.step(engine, step).loss) }
      let weights = try engine.model.namedParameters().map { path, parameter in
        try engine.wholeValues(of: parameter).array(of: Float.self)
      }
      return (losses, weights, context.sent.betweenHosts)
    }
    return Run(
      losses: results[0].0, weights: results[0].1, crossing: results.map(\.2))
  }

  private func settings(_ change: (inout PlusPlusSettings) -> Void) -> PlusPlusSettings {
    var settings = PlusPlusSettings()
    change(&settings)
    return settings
  }

  @Test func `secondary shards change no bit and save what crosses in the second gather`() async throws {
    let plain = try await run(PlusPlusSettings())
    let secondary = try await run(settings { $0.secondaryGroupSize = 2 })
    #expect(secondary.losses == plain.losses)
    #expect(secondary.weights == plain.weights)
    for (less, more) in zip(secondary.crossing, plain.crossing) { #expect(Double(less) < 0.8 * Double(more)) }
  }

  @Test func `quantised weights train almost as plain ones, and are saved as they are`() async throws {
    let plain = try await run(PlusPlusSettings())
    let quantized = try await run(settings { $0.quantizesWeights = true })
    #expect(quantized.losses != plain.losses)
    for (one, other) in zip(plain.losses, quantized.losses) { #expect(abs(one - other) < 0.02 * one) }
    // What is read whole is not rounded to 8 bits: a group would have at most 255 values.
    let largest = quantized.weights.max { $0.count < $1.count } ?? []
    #expect(Set(largest).count > 255)
  }

  @Test(arguments: [false, true])
  func `quantised gradients train almost as plain ones`(hasFeedback: Bool) async throws {
    let plain = try await run(PlusPlusSettings())
    let quantized = try await run(
      settings {
        $0.quantizesGradients = true
        $0.errorFeedback = hasFeedback ? .init() : nil
      })
    #expect(quantized.losses != plain.losses)
    for (one, other) in zip(plain.losses, quantized.losses) { #expect(abs(one - other) < 0.02 * one) }
  }

  @Test func `all of it together crosses less than half of the bytes, even of a tiny model, and trains alike`() async throws {
    let plain = try await run(PlusPlusSettings(), dtype: .bfloat16)
    let all = try await run(
      settings {
        $0.quantizesWeights = true
        $0.quantizesGradients = true
        $0.secondaryGroupSize = 2
        $0.errorFeedback = .init()
      }, dtype: .bfloat16)
    #expect(all.losses != plain.losses)
    for (one, other) in zip(plain.losses, all.losses) { #expect(abs(one - other) < 0.02 * one) }
    for (less, more) in zip(all.crossing, plain.crossing) { #expect(Double(less) < 0.5 * Double(more)) }
  }

  @Test func `a group size that does not divide the ranks is refused with the numbers`() async throws {
    let failure = await #expect(throws: RankFailure.self) {
      _ = try await run(settings { $0.secondaryGroupSize = 3 }, steps: 1)
    }
    #expect("\(failure.map { "\($0)" } ?? "")".contains("4 ranks do not divide into groups of 3"))
  }
}
