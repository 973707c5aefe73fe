import Collectives
import Foundation
import RunSettings
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Stages and places of states change where numbers are, not what they become.
@Suite struct PlacementTests {
  /// Where masters, moments, gradients and parameters are while they are not used.
  enum Placement: String, CaseIterable, Sendable {
    case memory, host, partlyOnHost, optimizerFiles, allFiles

    /// Members of `zero_optimization`; nil where a stage has no such place.
    func members(stage: Int, folder: String) -> String? {
      let optimizerFiles = """
        "sub_group_size": 300, "offload_optimizer": {"device": "nvme", "nvme_path": "\(folder)", "pipeline_read": true,
          "pipeline_write": true}
        """
      return switch self {
      case .memory: stage > 0 ? #""overlap_comm": true"# : nil
      case .host: stage > 0 ? #""offload_optimizer": {"device": "cpu"}"# : nil
      case .partlyOnHost: stage == 3 ? #""offload_optimizer": {"device": "cpu", "ratio": 0.4}"# : nil
      case .optimizerFiles: optimizerFiles
      case .allFiles:
        stage == 3
          ? #""offload_param": {"device": "nvme", "nvme_path": "\#(folder)", "max_in_cpu": 0}, "# + optimizerFiles : nil
      }
    }
  }

  private static func training(_ members: String) -> OddTraining {
    var training = OddTraining()
    training.adjust = { settings in
      let text = """
        {"train_batch_size": \(OddTraining.globalBatch), "gradient_clipping": 1,
         "optimizer": {"type": "Adam", "params": {"lr": 1e-2}}, "aio": {"block_size": 4096, "queue_depth": 4},
         "zero_optimization": {"stage3_param_persistence_threshold": 0, "stage3_max_reuse_distance": 0, \(members)}}
        """
      let facts = RunFacts(worldSize: settings.batch.rankCount)
      settings = try EngineSettings(plan: try RunPlan(.text(text), facts: facts))
    }
    return training
  }

  /// The largest difference of two weights of one parameter relative to the largest weight of it.
  private static func distance(_ left: [String: [Float]], _ right: [String: [Float]]) -> Float {
    left.map { name, values in
      let other = right[name] ?? []
      let size = values.map(abs).max() ?? 0
      return (zip(values, other).map { abs($0 - $1) }.max() ?? .infinity) / max(size, 1e-30)
    }.max() ?? .infinity
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [1, 2, 3])
  func `after 100 steps every stage has the weights of stage 0, wherever states are`(ranks: Int) async throws {
    let reference = try await Self.training(#""stage": 0"#).trained(ranks: ranks, steps: 100)
    for stage in 0...3 {
      for placement in Placement.allCases {
        let folder = try TemporaryFolder()
        guard let members = placement.members(stage: stage, folder: folder.path("nvme")) else { continue }
        let weights = try await Self.training("\"stage\": \(stage), " + members).trained(ranks: ranks, steps: 100)
        #expect(weights.count == reference.count)
        #expect(Self.distance(weights, reference) <= 1e-6, "stage \(stage), \(placement)")
        if members.contains("nvme") {
          #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("nvme")).isEmpty)
        }
      }
    }
  }
}
