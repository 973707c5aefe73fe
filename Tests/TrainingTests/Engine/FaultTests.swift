import Collectives
import Foundation
import Glibc
import Layers
import Models
import Optimizers
import TestSupport
import Testing
import Torch
import ZeRO

@testable import Training

/// Where in a step a rank is killed.
enum Fault: String, Sendable {
  case forward, backward, collective, optimizerStep
  /// While masters and moments go back to their files, in the step.
  case stateWrite
  /// While gradients go to their file, in the backward pass.
  case gradientWrite

  /// Whether states, and at stage 3 gradients and parameters, live in files.
  var needsFiles: Bool { self == .stateWrite || self == .gradientWrite }
}

extension TinyTraining {
  /// Training of a stage that keeps nothing in memory that can live in files below `drive`.
  static func inFiles(stage: Int, drive: String) -> TinyTraining {
    var tiny = TinyTraining()
    tiny.stage = stage
    tiny.adjust = { settings in
      settings.zero.fileTier = FileTierSettings(
        folder: drive, locksMemory: false, pipelinesWrites: true, subGroupSize: 100)
      guard stage == 3 else { return }
      settings.zero.gradientFiles = FileSettings(folder: drive)
      settings.zero.parameterFiles = FileSettings(folder: drive, maximumInMemory: 0)
    }
    return tiny
  }
}

/// The tiny training's schedule, which kills the process in one optimizer step.
private struct LethalSchedule: LearningRateSchedule {
  var base = WarmupLR(maximum: 1e-2, stepCount: 4, shape: .linear)
  /// Asked for when gradients are reduced and nothing is updated yet.
  let lethalStep: Int

  init(lethalStep: Int) { self.lethalStep = lethalStep }

  init(from decoder: any Decoder) throws {
    base = try WarmupLR(from: decoder)
    lethalStep = .max
  }

  func encode(to encoder: any Encoder) throws { try base.encode(to: encoder) }
  func rates(step: Int, initial: [Double]) -> [Double] { base.rates(step: step, initial: initial) }
  func validate(groupCount: Int) throws(OptimizerError) { try base.validate(groupCount: groupCount) }
  func momenta(step: Int, groupCount: Int) -> [CycledMomentum]? {
    if step == lethalStep { kill(getpid(), SIGKILL) }
    return base.momenta(step: step, groupCount: groupCount)
  }
}

/// Ranks that are processes, one of which dies in the third step.
@Suite(.tags(.ranks, .slow), .serialized, .timeLimit(.minutes(5)))
struct FaultTests {
  /// The code of a rank that was told of the other one's end, in time.
  private static let informed: Int32 = 42

  /// One rank: two steps, a checkpoint, and a third step in which the victim dies. Never returns.
  private static func run(
    rank: Int, victim: Int, fault: Fault, stage: Int, port: Int, folder: String
  ) throws -> Never {
    let values = [
      "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "MASTER_ADDR": "127.0.0.1",
      "MASTER_PORT": "\(port)",
    ]
    try Torch.setThreadCount(1)
    let context = try Rendezvous.join(timeout: .seconds(60)) { values[$0] }
    let dies = rank == victim
    var tiny = tiny(fault, stage: stage, folder: folder)
    if dies && fault == .optimizerStep { tiny.adjust = { $0.schedule = LethalSchedule(lethalStep: 2) } }
    let engine = try tiny.engine(context.world)
    for number in 0..<2 { _ = try tiny.step(engine, number) }
    try engine.saveCheckpoint(to: folder, state: RunState())
    let start = ContinuousClock.now
    do {
      if dies { try arm(fault, engine) }
      while true { _ = try tiny.step(engine, 2) }
    } catch let error as CollectiveError {
      // What a rank does with any error: `deepspeed train` says it and ends.
      context.abort(reason: "\(error)")
      let isClear = "\(error)".contains("rank \(victim)")
      let isSoon = start.duration(to: .now) < .seconds(30)
      if !isClear || !isSoon { print("rank \(rank) after \(start.duration(to: .now)): \(error)") }
      exit(isClear && isSoon ? informed : 1)
    }
  }

  private static func tiny(_ fault: Fault, stage: Int, folder: String) -> TinyTraining {
    if fault.needsFiles { return .inFiles(stage: stage, drive: drive(folder)) }
    var tiny = TinyTraining()
    tiny.stage = stage
    return tiny
  }

  /// Where the swap files of a run are.
  private static func drive(_ folder: String) -> String { folder + "-drive" }

  /// Prepares the victim's end.
  private static func arm(_ fault: Fault, _ engine: TrainingEngine) throws {
    switch fault {
    case .forward:
      _ = try engine.forward {
        guard let model = engine.model as? GPT2Model else { return try Tensor.zeros([]) }
        let tokens = try Tensor.zeros([4, 8], dtype: .int64)
        _ = try model.loss(tokens, labels: tokens)
        kill(getpid(), SIGKILL)
        return try Tensor.zeros([])
      }
    case .backward:
      // The first layer's gradients come after those of the others have been reduced.
      let early = try engine.model.parameter(at: "transformer.h.0.mlp.c_fc.weight").leaf
      _ = try early.onGradientAccumulated { _ in kill(getpid(), SIGKILL) }
    case .collective:
      _ = try engine.processGroup.allReduce(try Tensor.ones([4 << 20]), label: "the last one")
      kill(getpid(), SIGKILL)
    case .optimizerStep:
      break
    case .stateWrite:
      try dieWhenWritten("_exp_avg.tensor.swp")
    case .gradientWrite:
      try dieWhenWritten("gradients.swp")
    }
  }

  /// Kills this process as soon as something is written to its swap file of this name, while the next writes are on
  /// their way.
  private static func dieWhenWritten(_ name: String) throws {
    let events = inotify_init1(Int32(IN_CLOEXEC))
    let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      .map { "/proc/self/fd/\($0)" }
      .filter { (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.contains(name) ?? false }
    for file in files { #expect(inotify_add_watch(events, file, UInt32(IN_MODIFY)) >= 0) }
    try #require(!files.isEmpty)
    Thread.detachNewThread {
      var event = [UInt8](repeating: 0, count: 512)
      if read(events, &event, event.count) > 0 { kill(getpid(), SIGKILL) }
    }
  }

  /// What programs leave behind where memory and files are shared.
  private func leftovers() throws -> Set<String> {
    var names: Set<String> = []
    for folder in ["/dev/shm", NSTemporaryDirectory()] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        // The folders of other tests come and go meanwhile.
        guard !["deepspeed-test-", "deepspeed-cli-"].contains(where: name.hasPrefix) else { continue }
        if ["deepspeed", "torch", "gloo"].contains(where: name.contains) { names.insert("\(folder)/\(name)") }
      }
    }
    return names
  }

  @Test(arguments: [Fault.forward, .backward, .collective, .optimizerStep, .stateWrite], [2, 3])
  func `a rank that is killed ends the other one soon, with its number, and nothing stays behind`(
    fault: Fault, stage: Int
  ) async throws { try await expectCleanEnd(fault, stage: stage) }

  @Test func `a rank that is killed while gradients go to their file ends the other one soon`() async throws {
    try await expectCleanEnd(.gradientWrite, stage: 3)
  }

  private func expectCleanEnd(_ fault: Fault, stage: Int) async throws {
    for victim in [1, 0] {
      let folder = try TemporaryFolder()
      let before = try leftovers()
      let port = try Store.serving(port: 0, timeout: .seconds(5)).port
      let path = folder.path("run")
      let name = fault.rawValue
      async let killed: ExitTest.Result? = #expect(processExitsWith: .signal(SIGKILL)) {
        [victim = victim as Int, name = name as String, stage = stage as Int, port = port as Int, path = path as String] in
        let fault = try #require(Fault(rawValue: name))
        try Self.run(rank: victim, victim: victim, fault: fault, stage: stage, port: port, folder: path)
      }
      async let other: ExitTest.Result? = #expect(
        processExitsWith: .exitCode(42), observing: [\.standardOutputContent]
      ) {
        [victim = victim as Int, name = name as String, stage = stage as Int, port = port as Int, path = path as String] in
        let fault = try #require(Fault(rawValue: name))
        try Self.run(rank: 1 - victim, victim: victim, fault: fault, stage: stage, port: port, folder: path)
      }
      _ = await (killed, other)
      #expect(try leftovers() == before)
      if fault.needsFiles {
        #expect(try FileManager.default.contentsOfDirectory(atPath: Self.drive(path)).isEmpty)
      }
      try await Self.tiny(fault, stage: stage, folder: path).expectResumes(from: path)
    }
  }
}

extension TinyTraining {
  /// Training goes on from the checkpoint of the second step as if nothing had happened.
  func expectResumes(from folder: String) async throws {
    var inMemory = TinyTraining()
    inMemory.stage = stage
    let whole = try await inMemory.run(ranks: 2, steps: 3)
    let ends = try await onRanks(2) { context in
      let engine = try engine(context.world)
      #expect(try engine.loadCheckpoint(from: folder) != nil)
      #expect(engine.progress.globalSteps == 2)
      let report = try step(engine, 2)
      let end = try Outcome(engine: engine, reports: [report])
      try context.world.barrier()
      return end
    }
    for end in ends { #expect(end.losses == [whole.losses[2]] && end.weights == whole.weights) }
  }
}
