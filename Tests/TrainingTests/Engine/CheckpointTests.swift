import Checkpoints
import Collectives
import Datasets
import Glibc
import Layers
import RunSettings
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

@Suite struct CheckpointTests {
  /// Trains `steps` steps, saving after `saveAt` of them.
  private func train(
    _ tiny: TinyTraining, ranks: Int, from start: Int, to end: Int, resume: String? = nil, save: String? = nil
  ) async throws -> TinyTraining.Outcome {
    try await onRanks(ranks) { context in
      let engine = try tiny.engine(context.world)
      if let resume {
        let state = try #require(try engine.loadCheckpoint(from: resume))
        #expect(engine.progress.globalSteps == start)
        #expect(state.client == "{\"note\":7}")
      }
      let reports = try (start..<end).map { try tiny.step(engine, $0) }
      if let save {
        var state = RunState()
        state.client = "{\"note\":7}"
        try engine.saveCheckpoint(to: save, state: state)
      }
      return try TinyTraining.Outcome(engine: engine, reports: reports)
    }[0]
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 1, 2, 3], [DType.float32, .bfloat16])
  func `a resumed run gives the bits of an uninterrupted one`(stage: Int, dtype: DType) async throws {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.dtype = dtype
    let folder = try TemporaryFolder()
    let whole = try await train(tiny, ranks: 2, from: 0, to: 6)
    _ = try await train(tiny, ranks: 2, from: 0, to: 3, save: folder.path("run"))
    let rest = try await train(tiny, ranks: 2, from: 3, to: 6, resume: folder.path("run"))
    #expect(rest.losses == Array(whole.losses[3...]))
    #expect(rest.weights == whole.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 2, 3])
  func `dropout goes on bit for bit on the same rank count`(stage: Int) async throws {
    var tiny = TinyTraining()
    tiny.stage = stage
    let plain = try await train(tiny, ranks: 2, from: 0, to: 6)
    tiny.dropout = 0.1
    let folder = try TemporaryFolder()
    let whole = try await train(tiny, ranks: 2, from: 0, to: 6)
    #expect(whole.losses != plain.losses)
    _ = try await train(tiny, ranks: 2, from: 0, to: 3, save: folder.path("run"))
    let rest = try await train(tiny, ranks: 2, from: 3, to: 6, resume: folder.path("run"))
    #expect(rest.losses == Array(whole.losses[3...]))
    #expect(rest.weights == whole.weights)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `on another rank count every rank draws fresh numbers, the same in every resumed run`() async throws {
    var tiny = TinyTraining()
    tiny.globalBatch = 12
    tiny.dropout = 0.1
    let folder = try TemporaryFolder()
    _ = try await train(tiny, ranks: 2, from: 0, to: 3, save: folder.path("run"))
    let seeds = try await onRanks(3) { [tiny] context in
      let engine = try tiny.engine(context.world)
      _ = try engine.loadCheckpoint(from: folder.path("run"))
      return engine.model.generator?.seed
    }
    #expect(seeds == (0..<3).map { RandomStreams.freshSeed(from: 5, step: 3, rank: $0, stream: 0) })
    let others = [(5, 3, 1, 0), (5, 4, 0, 0), (6, 3, 0, 0), (5, 3, 0, 1)].map {
      RandomStreams.freshSeed(from: UInt64($0.0), step: $0.1, rank: $0.2, stream: $0.3)
    }
    #expect(Set(others + [RandomStreams.freshSeed(from: 5, step: 3, rank: 0, stream: 0)]).count == 5)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [(2, 1, 1), (4, 2, 2), (1, 4, 2), (2, 4, 0), (3, 2, 1), (2, 3, 3), (3, 1, 2)])
  func `another rank count and stage goes on where the first one stopped`(
    from: Int, to: Int, stage: Int
  ) async throws {
    var tiny = TinyTraining()
    tiny.globalBatch = 12
    tiny.stage = 2
    let folder = try TemporaryFolder()
    let whole = try await train(tiny, ranks: 1, from: 0, to: 6)
    _ = try await train(tiny, ranks: from, from: 0, to: 3, save: folder.path("run"))
    tiny.stage = stage
    let rest = try await train(tiny, ranks: to, from: 3, to: 6, resume: folder.path("run"))
    expectClose(rest.losses, Array(whole.losses[3...]), Tolerance(relative: 1e-5, absolute: 0))
    #expect(rest.distance(to: whole) < 2e-4)
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `a damaged file is named and not loaded`() async throws {
    var tiny = TinyTraining()
    tiny.stage = 2
    let folder = try TemporaryFolder()
    _ = try await train(tiny, ranks: 2, from: 0, to: 1, save: folder.path("run"))
    let shard = folder.path("run/global_step1/optimizer-00002-of-00002.safetensors")
    let file = try #require(fopen(shard, "r+"))
    fseek(file, -5, SEEK_END)
    fputc(0x55, file)
    fclose(file)
    let failure = await #expect(throws: RankFailure.self) {
      try await onRanks(2) { [tiny] context in
        _ = try tiny.engine(context.world).loadCheckpoint(from: folder.path("run"))
      }
    }
    let message = failure.map { "\($0.error)" } ?? ""
    #expect(message.contains("optimizer-00002-of-00002.safetensors"))
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `different tags, an empty folder name and a foreign model are refused`() async throws {
    let folder = try TemporaryFolder()
    var tiny = TinyTraining()
    tiny.adjust = { $0.tagValidation = .fail }
    _ = try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      #expect(throws: TrainingError.self) {
        try engine.saveCheckpoint(to: folder.path("run"), tag: "tag\(context.rank)")
      }
      #expect(throws: TrainingError.self) { try engine.saveCheckpoint(to: "") }
      #expect(throws: CheckpointError.self) { try engine.saveCheckpoint(to: folder.path("run"), tag: "a/b") }
      #expect(try engine.loadCheckpoint(from: folder.path("none")) == nil)
      #expect(throws: (any Error).self) { try engine.loadCheckpoint(from: folder.path("none"), tag: "x") }
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)), arguments: [TagValidation.ignore, .warn])
  func `ranks with different tags save under rank 0's where that is allowed`(
    validation: TagValidation
  ) async throws {
    var tiny = TinyTraining()
    tiny.adjust = { $0.tagValidation = validation }
    let folder = try TemporaryFolder()
    let results = try await onRanks(2) { [tiny] context in
      let engine = try tiny.engine(context.world)
      var lines: [String] = []
      engine.log = RunLog(level: .info) { lines.append($0) }
      return (try engine.saveCheckpoint(to: folder.path("run"), tag: "tag\(context.rank)"), lines)
    }
    #expect(results.map(\.0) == ["tag0", "tag0"])
    #expect(CheckpointReader.tags(in: folder.path("run")) == ["tag0"])
    let isWarned = results[0].1.contains { $0.hasPrefix("warning: ") && $0.contains("rank 1: tag1") }
    #expect(isWarned == (validation == .warn))
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)), arguments: [true, false])
  func `masters come from f32 copies, or from the working weights`(loadsMasters: Bool) async throws {
    var tiny = TinyTraining()
    tiny.dtype = .bfloat16
    tiny.stage = 2
    let folder = try TemporaryFolder()
    tiny.adjust = { $0.loadsFloat32Masters = loadsMasters }
    let areEqual = try await onRanks(2) { [tiny] context in
      let first = try tiny.engine(context.world)
      for step in 0..<3 { _ = try tiny.step(first, step) }
      try first.saveCheckpoint(to: folder.path("run"))
      let second = try tiny.engine(context.world)
      _ = try second.loadCheckpoint(from: folder.path("run"))
      return try zip(CheckpointTests.masters(first), CheckpointTests.masters(second)).allSatisfy { $0 == $1 }
    }
    #expect(areEqual == [loadsMasters, loadsMasters])
  }

  private static func masters(_ engine: TrainingEngine) throws -> [[Float]] {
    try engine.optimizer.groups.flatMap { group in
      try group.fragments.map { try group.values(ofState: PartitionedGroup.masterState, $0).array(of: Float.self) }
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(1)))
  func `when one rank cannot write, every rank says so and the earlier checkpoint stays`() async throws {
    let folder = try TemporaryFolder()
    let tiny = TinyTraining()
    _ = try await train(tiny, ranks: 2, from: 0, to: 1, save: folder.path("run"))
    _ = try await onRanks(2) { context in
      let peers = CheckpointPeers(rank: context.rank, count: 2) { bytes, label in
        try context.world.allGather(bytes: bytes, label: label)
      }
      #expect(throws: (any Error).self) {
        try peers.together("test") { if context.rank == 1 { throw CheckpointError.badTag("full disk") } }
      }
    }
    #expect(try CheckpointReader.latestTag(in: folder.path("run")) == "global_step1")
    _ = try CheckpointReader(directory: folder.path("run"), tag: "global_step1")
  }
}
