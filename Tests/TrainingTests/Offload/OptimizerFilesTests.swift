import AsyncFiles
import Collectives
import Foundation
import Layers
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

@Suite struct OptimizerFilesTests {
  let folder = try! TemporaryFolder()

  private func tiny(stage: Int, dtype: DType, inFiles: Bool) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.dtype = dtype
    guard inFiles else { return tiny }
    let path = folder.path("nvme")
    tiny.adjust = { settings in
      settings.zero.fileTier = FileTierSettings(
        folder: path, files: AsyncFileSettings(blockSize: 4096, queueDepth: 4), locksMemory: false,
        pipelinesReads: true, pipelinesWrites: true, subGroupSize: 700)
    }
    return tiny
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [0, 1, 2, 3], [DType.float32, .bfloat16])
  func `states in files give the bits of states in memory`(stage: Int, dtype: DType) async throws {
    for ranks in [1, 2] {
      let inMemory = try await tiny(stage: stage, dtype: dtype, inFiles: false).run(ranks: ranks, steps: 4)
      let inFiles = try await tiny(stage: stage, dtype: dtype, inFiles: true).run(ranks: ranks, steps: 4)
      #expect(inFiles.losses == inMemory.losses)
      #expect(inFiles.weights == inMemory.weights)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("nvme")).isEmpty)
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [1, 2], [DType.float32, .bfloat16])
  func `a checkpoint goes from files to memory and back`(stage: Int, dtype: DType) async throws {
    let whole = try await tiny(stage: stage, dtype: dtype, inFiles: false).run(ranks: 2, steps: 6)
    for (savesFromFiles, loadsToFiles) in [(true, false), (false, true), (true, true)] {
      let path = folder.path("run-\(savesFromFiles)-\(loadsToFiles)")
      let (first, second) = (
        tiny(stage: stage, dtype: dtype, inFiles: savesFromFiles), tiny(stage: stage, dtype: dtype, inFiles: loadsToFiles)
      )
      let rest = try await onRanks(2) { context in
        let engine = try first.engine(context.world)
        for step in 0..<3 { _ = try first.step(engine, step) }
        try engine.saveCheckpoint(to: path)
        let resumed = try second.engine(context.world)
        _ = try resumed.loadCheckpoint(from: path)
        let reports = try (3..<6).map { try second.step(resumed, $0) }
        return try TinyTraining.Outcome(engine: resumed, reports: reports)
      }[0]
      #expect(rest.losses == Array(whole.losses[3...]))
      #expect(rest.weights == whole.weights)
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `states in files take the memory of their buffers`() async throws {
    let counts = try await onRanks(2) { [self] context in
      let engine = try tiny(stage: 2, dtype: .bfloat16, inFiles: true).engine(context.world)
      return engine.modelStateBytes.optimizerStates
    }
    // Three sub-groups of masters and two moments; 700 elements and a page are two pages.
    #expect(counts == [3 * 3 * 2 * 4096, 3 * 3 * 2 * 4096])
  }
}
