import Glibc
import Testing

@testable import Launcher

/// The launcher as a process of its own: ended from outside, it must leave nobody behind.
@Suite(.serialized, .timeLimit(.minutes(1))) struct InterruptionTests {
  /// Launches two ranks that note their numbers and would run for a minute, and gets a signal meanwhile.
  private static func launch(in folder: String, thenSend signal: Int32) throws -> Int32 {
    var options = LaunchOptions(
      program: "/bin/sh", arguments: ["-c", "sleep 60 & echo $! > child$RANK; echo $$ > rank$RANK; wait"])
    options.filter.slotsPerNode = 2
    options.grace = .seconds(1)
    chdir(folder)
    Task.detached {
      _ = eventually { (0..<2).allSatisfy { access("rank\($0)", F_OK) == 0 } }
      kill(getpid(), signal)
    }
    return JobLauncher.main(options)
  }

  private func identifiers(in folder: TemporaryFolder) throws -> [String] {
    try ["rank0", "rank1", "child0", "child1"].map { try folder.contents($0) }
  }

  @Test func `Ctrl-C ends all ranks and their children with code 130`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .exitCode(130)) { [path = path as String] in
      exit(try Self.launch(in: path, thenSend: SIGINT))
    }
    for process in try identifiers(in: folder) { #expect(eventually { !process.isEmpty && !isRunning(process) }) }
  }

  @Test func `a signal that nohup ignores stays ignored`() async {
    await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
      signal(SIGHUP, SIG_IGN)
      let trap = SignalTrap()
      kill(getpid(), SIGHUP)
      kill(getpid(), SIGTERM)
      _ = eventually { trap.cancellation.requestedSignal != nil }
      exit(128 + (trap.cancellation.requestedSignal ?? 0))
    }
  }

  @Test func `a launcher that is killed takes its ranks with it`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      exit(try Self.launch(in: path, thenSend: SIGKILL))
    }
    let processes = try identifiers(in: folder)
    #expect(processes.allSatisfy { !$0.isEmpty })
    #expect(eventually { !processes.contains(where: isRunning) })
  }

  @Test func `the kernel ends a rank that asked for it when its parent ends`() async throws {
    #expect(!dieWithParent(environment: [:]))
    await #expect(processExitsWith: .success) {
      exit(dieWithParent(environment: ["RANK": "0"]) ? 0 : 1)
    }
  }
}
