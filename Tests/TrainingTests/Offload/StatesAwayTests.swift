import Collectives
import Glibc
import Layers
import TestSupport
import Testing
import Torch

@testable import Training
@testable import ZeRO

@Suite struct StatesAwayTests {
  static func tiny(_ stage: Int, _ dtype: DType) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.dtype = dtype
    return tiny
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [0, 1, 2, 3], [DType.float32, .bfloat16])
  func `training after states were away has the bits of training without it`(stage: Int, dtype: DType) async throws {
    let folder = try TemporaryFolder()
    let tiny = Self.tiny(stage, dtype)
    for ranks in [1, 2, 4] {
      let plain = try await tiny.run(ranks: ranks, steps: 5)
      let found = try await onRanks(ranks) { context in
        let engine = try tiny.engine(context.world)
        var reports = try (0..<2).map { try tiny.step(engine, $0) }
        try engine.offloadStates(to: .files(FileSettings(folder: folder.path("files"))))
        for state in ModelState.allCases {
          for tensor in try engine.optimizer.tensors(of: state) { #expect(try Self.isGone(tensor), "\(state)") }
        }
        try engine.reloadStates()
        reports += try (2..<4).map { try tiny.step(engine, $0) }
        // Again, with the parameters at home: evaluation goes on.
        try engine.offloadStates([.optimizerStates, .masterWeights], to: .files(FileSettings(folder: folder.path("files"))))
        let path = try engine.model.namedParameters()[0].path
        _ = try engine.evaluate { try engine.model.parameter(at: path).tensor }
        #expect(throws: TrainingError.statesAreAway([.optimizerStates, .masterWeights])) { try tiny.step(engine, 4) }
        try engine.reloadStates()
        // The pass that could not be finished is thrown away.
        reports.append(try tiny.step(engine, 4))
        return try TinyTraining.Outcome(engine: engine, reports: reports)
      }[0]
      #expect(found.weights == plain.weights && Array(found.losses[..<4]) == Array(plain.losses[..<4]))
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [0, 1, 2, 3])
  func `gradients may be away between backward and step`(stage: Int) async throws {
    let folder = try TemporaryFolder()
    let found = try await onRanks(2) { context in
      try [false, true].map { isAway in
        let model = try Self.layer()
        let engine = try Self.engine(model, stage: stage, context.world)
        let input = try Tensor.randn([4, 600], generator: Generator(seed: UInt64(7 + context.rank)))
        try engine.backward(engine.forward { try model(input).square().mean() })
        if isAway {
          try engine.offloadStates(to: .files(FileSettings(folder: folder.path("files"))))
          #expect(throws: TrainingError.statesAreAway(ModelState.allCases)) { _ = try engine.step() }
          try engine.reloadStates()
        }
        _ = try engine.step()
        return try engine.wholeValues(of: model.parameter(at: "weight")).array(of: Float.self)
      }
    }
    #expect(found.allSatisfy { $0[0] == $0[1] })
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [1, 3])
  func `memory is given back, and taken again`(stage: Int) async throws {
    let folder = try TemporaryFolder()
    _ = try await onRanks(2) { context in
      let model = try Self.layer()
      let engine = try Self.engine(model, stage: stage, context.world)
      let input = try Tensor.randn([4, 600], generator: Generator(seed: 7))
      try engine.backward(engine.forward { try model(input).square().mean() })
      _ = try engine.step()
      let tensors = try [ModelState.optimizerStates, .workingParameters].flatMap(engine.optimizer.tensors(of:))
      let bytes = tensors.reduce(0) { $0 + $1.byteCount }
      #expect(try tensors.reduce(0) { $0 + (try Self.residentBytes($1)) } > bytes * 9 / 10)
      try engine.offloadStates([.optimizerStates, .workingParameters], to: .files(FileSettings(folder: folder.path("files"))))
      #expect(try tensors.reduce(0) { $0 + (try Self.residentBytes($1)) } == 0)
      #expect(engine.statesAway?.byteCount == bytes)
      #expect(throws: TrainingError.statesAreAway([.optimizerStates, .workingParameters])) { _ = try model(input) }
      #expect(throws: TrainingError.statesAreAway([.workingParameters])) { _ = try engine.evaluate { try model(input) } }
      #expect(throws: TrainingError.self) { try engine.saveCheckpoint(to: folder.path("checkpoint")) }
      #expect(throws: TrainingError.self) { _ = try engine.fullState("exp_avg", of: "weight") }
      try engine.reloadStates()
      #expect(try tensors.reduce(0) { $0 + (try Self.residentBytes($1)) } > bytes * 9 / 10)
      _ = try engine.evaluate { try model(input) }
    }
  }

  @Test func `what cannot be put away is said with a reason`() async throws {
    let folder = try TemporaryFolder()
    _ = try await onRanks(1) { context in
      let files = StateRefuge.files(FileSettings(folder: folder.path("files")))
      let cases: [(@Sendable (inout ZeROSettings) -> Void, StateRefuge, String)] = [
        ({ _ in }, .host, "device is the CPU"),
        ({ $0.parameterFiles = FileSettings(folder: folder.path("files")) }, files, "offload_param"),
        ({ $0.fileTier = FileTierSettings(folder: folder.path("files")) }, files, "offload_optimizer"),
      ]
      for (adjust, refuge, text) in cases {
        var tiny = Self.tiny(3, .float32)
        tiny.adjust = { adjust(&$0.zero) }
        let engine = try tiny.engine(context.world)
        let error = #expect(throws: TrainingError.self) { try engine.offloadStates(to: refuge) }
        #expect(error?.description.contains(text) == true)
      }
      let engine = try Self.tiny(1, .float32).engine(context.world)
      _ = try engine.forward { try Tensor.zeros([]) }
      #expect(throws: TrainingError.backwardExpected) { try engine.offloadStates(to: files) }
    }
  }

  /// A layer of 360,000 weights, which are many pages.
  static func layer() throws -> Linear {
    let layer = Linear(inputSize: 600, outputSize: 600)
    try layer.materialize(with: SeededInitializer(seed: 3))
    return layer
  }

  static func engine(_ model: Module, stage: Int, _ group: ProcessGroup) throws -> TrainingEngine {
    var tiny = Self.tiny(stage, .float32)
    tiny.gathering.persistenceThreshold = 0
    var settings = try tiny.engine(group).settings
    settings.zero.reduceBucketSize = 1_000_000
    return try TrainingEngine(model: model, settings: settings, processGroup: group)
  }

  /// Whether nothing but zeros is left in the pages that a tensor has for itself.
  static func isGone(_ tensor: Tensor) throws -> Bool {
    tensor.withUnsafeMutableBytes { bytes in
      wholePages(bytes).allSatisfy { $0 == 0 }
    }
  }

  /// Bytes of a tensor's own pages that are in memory.
  static func residentBytes(_ tensor: Tensor) throws -> Int {
    tensor.withUnsafeMutableBytes { bytes in
      let pages = wholePages(bytes)
      var flags = [UInt8](repeating: 0, count: pages.count / 4096)
      guard let base = pages.baseAddress, mincore(base, pages.count, &flags) == 0 else { return -1 }
      return flags.filter { $0 & 1 == 1 }.count * 4096
    }
  }

  static func wholePages(_ bytes: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    guard let base = bytes.baseAddress else { return bytes }
    let first = (4096 - Int(bitPattern: base) % 4096) % 4096
    let count = max(0, bytes.count - first) / 4096 * 4096
    return UnsafeMutableRawBufferPointer(rebasing: bytes[min(first, bytes.count)..<min(first, bytes.count) + count])
  }
}
