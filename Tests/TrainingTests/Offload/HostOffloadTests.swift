import Collectives
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

@Suite struct HostOffloadTests {
  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [1, 2, 3], [0.0, 0.4, 1.0])
  func `states on the host give the bits of states beside the parameters`(stage: Int, ratio: Double) async throws {
    for dtype in [DType.float32, .bfloat16] {
      var tiny = TinyTraining()
      tiny.stage = stage
      tiny.dtype = dtype
      let plain = try await tiny.run(ranks: 2, steps: 4)
      tiny.adjust = { $0.zero.hostOffload = HostOffload(ratio: ratio) }
      let offloaded = try await tiny.run(ranks: 2, steps: 4)
      #expect(offloaded.losses == plain.losses && offloaded.weights == plain.weights)
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)))
  func `a checkpoint goes from split states to whole ones and back`() async throws {
    let folder = try TemporaryFolder()
    var whole = TinyTraining()
    whole.stage = 2
    whole.dtype = .bfloat16
    var split = whole
    split.adjust = { $0.zero.hostOffload = HostOffload(ratio: 0.5) }
    let expected = try await whole.run(ranks: 2, steps: 5)
    for (index, (first, second)) in [(whole, split), (split, whole)].enumerated() {
      let path = folder.path("run\(index)")
      let rest = try await onRanks(2) { context in
        let engine = try first.engine(context.world)
        for step in 0..<3 { _ = try first.step(engine, step) }
        try engine.saveCheckpoint(to: path)
        let resumed = try second.engine(context.world)
        _ = try resumed.loadCheckpoint(from: path)
        return try TinyTraining.Outcome(engine: resumed, reports: try (3..<5).map { try second.step(resumed, $0) })
      }[0]
      #expect(rest.losses == Array(expected.losses[3...]) && rest.weights == expected.weights)
    }
  }

  @Test func `the section of the config reaches the engine`() throws {
    func offload(_ text: String) throws -> HostOffload? {
      try TrainingTestPlan.settings(#""zero_optimization": {\#(text)}"#).zero.hostOffload
    }
    #expect(try offload(#""stage": 2, "offload_optimizer": {"device": "cpu"}"#) == HostOffload(ratio: 1))
    #expect(try offload(#""stage": 3, "offload_optimizer": {"device": "cpu", "ratio": 0.3}"#) == HostOffload(ratio: 0.3))
    #expect(try offload(#""stage": 2, "cpu_offload": true"#) == HostOffload(ratio: 1))
    #expect(try offload(#""stage": 2"#) == nil)
  }
}
