import Collectives
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Every rule under every stage and number of ranks.
@Suite struct OptimizerRuleTests {
  enum Rule: String, CaseIterable, Sendable {
    case adagrad, lion, lamb

    var options: OptimizerOptions {
      switch self {
      case .adagrad: .adagrad(AdagradOptions(learningRate: 1e-2, epsilon: 1e-3, weightDecay: 0.1))
      case .lion: .lion(LionOptions(learningRate: 1e-3, weightDecay: 0.1))
      case .lamb: .lamb(LambOptions(learningRate: 1e-2, epsilon: 1e-6, weightDecay: 0.1))
      }
    }
  }

  static func tiny(_ rule: Rule) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.globalBatch = 12
    tiny.optimizer = rule.options
    return tiny
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: Rule.allCases, [(1, 2), (2, 3), (0, 2), (3, 2)])
  func `a partitioned run follows the plain one`(rule: Rule, way: (stage: Int, ranks: Int)) async throws {
    var tiny = Self.tiny(rule)
    let plain = try await tiny.run(ranks: 1, steps: 5)
    tiny.stage = way.stage
    let outcome = try await tiny.run(ranks: way.ranks, steps: 5)
    // The first steps of Adagrad are signs but for epsilon, those of Lion are signs: where a gradient is almost zero, another rounding moves a weight by 2e-2 at most.
    expectClose(
      outcome.losses, plain.losses, Tolerance(relative: rule == .lion ? 2e-3 : 2e-5, absolute: 0))
    if rule != .lion { #expect(outcome.distance(to: plain) < 2e-4) }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)))
  func `LAMB's norms are those of whole parameters, wherever ranks cut them`() async throws {
    var tiny = Self.tiny(.lamb)
    tiny.stage = 1
    tiny.bucketSize = 1_000_000
    let one = try await tiny.run(ranks: 2, steps: 3)
    tiny.stage = 2
    tiny.bucketSize = 100
    let many = try await tiny.run(ranks: 2, steps: 3)
    #expect(one.distance(to: many) < 1e-6)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [false, true])
  func `16-bit states and masters train and use less memory`(lowMasters: Bool) async throws {
    var tiny = TinyTraining()
    tiny.dtype = .bfloat16
    tiny.stage = 1
    let full = try await tiny.run(ranks: 2, steps: 6)
    let bytes: @Sendable (TinyTraining) async throws -> Int = { tiny in
      try await onRanks(2) { try tiny.engine($0.world).modelStateBytes.optimizerStates }[0]
    }
    let fullBytes = try await bytes(tiny)
    tiny.adjust = {
      $0.optimizerStateDType = .bfloat16
      $0.zero.keepsFloat32Masters = !lowMasters
    }
    let low = try await tiny.run(ranks: 2, steps: 6)
    // 12 bytes an element with f32 throughout; 8 with 16-bit moments, 4 without masters as well.
    #expect(try await bytes(tiny) == fullBytes * (lowMasters ? 4 : 8) / 12)
    #expect(low.weights != full.weights)
    expectClose(low.losses, full.losses, Tolerance(relative: 0.05, absolute: 0))
  }
}
