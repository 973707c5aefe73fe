import AsyncFiles
import Collectives
import Foundation
import Glibc
import TestSupport
import Testing
import Torch

@testable import Training

/// A disk that fails in a step stops the run with the file's name, and the last checkpoint is as it was.
@Suite(.tags(.ranks, .slow), .timeLimit(.minutes(3)))
struct DiskFaultTests {
  /// What happens to the files.
  enum DiskFault: String, CaseIterable, Sendable {
    /// Nothing more can be written, as on a full disk.
    case full
    /// A file is shorter than what was written to it.
    case cutShort
    /// The kernel answers with EIO, as for a broken disk.
    case broken

    var words: [String] {
      switch self {
      case .full: ["cannot write", "File too large"]
      case .cutShort: ["cannot read", "it ends at byte 0"]
      case .broken: ["cannot read", "at byte", "Input/output error", "the disk or its connection is broken"]
      }
    }
  }

  /// Lets it happen, to the files of all ranks.
  private static func cause(_ fault: DiskFault) throws {
    switch fault {
    case .full:
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      limit.rlim_cur = 4096
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    case .cutShort:
      try forEachMomentFile { truncate($1, 0) }
    case .broken:
      // The first pages of a process's memory are not mapped: reading them is an error of input and output.
      let memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC)
      guard memory >= 0 else { throw POSIXError(.EIO) }
      try forEachMomentFile { number, _ in dup2(memory, number) }
    }
  }

  /// The open descriptors of all ranks' first moments, with their paths.
  private static func forEachMomentFile(_ body: (Int32, String) -> Void) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      let path = "/proc/self/fd/\(name)"
      guard let number = Int32(name), let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
      else { continue }
      if target.contains("0_exp_avg.tensor.swp") { body(number, path) }
    }
  }

  @Test(arguments: DiskFault.allCases, [1, 2, 3])
  func `a step whose files fail ends with the file's name, and training resumes from the checkpoint`(
    fault: DiskFault, stage: Int
  ) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("run")
    let drive = folder.path("drive")
    let name = fault.rawValue
    // A process of its own: the limit of a file's size is that of a process.
    await #expect(processExitsWith: .success) {
      [name = name as String, stage = stage as Int, path = path as String, drive = drive as String] in
      let fault = try #require(DiskFault(rawValue: name))
      signal(SIGXFSZ, SIG_IGN)
      let failure = await #expect(throws: RankFailure.self) {
        try await onRanks(2) { context in
          let tiny = TinyTraining.inFiles(stage: stage, drive: drive)
          let engine = try tiny.engine(context.world)
          for number in 0..<2 { _ = try tiny.step(engine, number) }
          try engine.saveCheckpoint(to: path, state: RunState())
          if context.rank == 0 { try Self.cause(fault) }
          try context.world.barrier()
          _ = try tiny.step(engine, 2)
        }
      }
      let text = "\(try #require(failure))"
      #expect(failure?.error is AsyncFileError)
      for word in fault.words + [drive, ".swp"] { #expect(text.contains(word), "no '\(word)' in: \(text)") }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: drive).isEmpty)
    try await TinyTraining.inFiles(stage: stage, drive: drive).expectResumes(from: path)
  }
}
