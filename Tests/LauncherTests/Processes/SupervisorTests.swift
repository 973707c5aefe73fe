import Glibc
import Testing

@testable import Launcher

@Suite(.serialized, .timeLimit(.minutes(1))) struct SupervisorTests {
  private let environment = ProcessEnvironment.current()
  private let output = CollectedOutput()

  private func rank(_ number: Int, _ script: String, prefix: Bool = false) -> SupervisedProcess {
    SupervisedProcess(
      name: "rank \(number)", prefix: prefix ? "[rank \(number)] " : "",
      command: ProcessCommand(executable: "/bin/sh", arguments: ["-c", script], environment: environment))
  }

  private func run(
    _ processes: [SupervisedProcess], grace: Duration = .seconds(5),
    cancellation: Cancellation = Cancellation()
  ) throws -> SupervisionOutcome {
    try Supervisor(processes, grace: grace, cancellation: cancellation, sink: output.sink()).run()
  }

  @Test func `all ranks run and their lines arrive whole`() throws {
    let outcome = try run(
      (0..<3).map { rank($0, "echo out \($0); echo err \($0) >&2; printf end", prefix: true) })
    #expect(outcome.exits == Array(repeating: .exited(code: 0), count: 3))
    #expect(outcome.exitCode == 0 && outcome.failure == nil)
    #expect(Set(output.lines) == Set((0..<3).flatMap { ["[rank \($0)] out \($0)", "[rank \($0)] end"] }))
    #expect(output.errors.contains("[rank 2] err 2\n"))
  }

  @Test func `ranks can be copies of this process, with the streams and variables of new ones`() throws {
    let (lost, kept) = ("DEEPSPEED_TEST_LOST", "DEEPSPEED_TEST_KEPT")
    setenv(lost, "1", 1)
    defer { unsetenv(lost) }
    let ends = try SystemCalls.makePipe()
    defer { for end in [ends.reading, ends.writing] { close(end) } }
    let processes = (0..<2).map { number in
      var process = rank(number, "exit 9")
      process.command.environment[kept] = "value \(number)"
      return process
    }
    let outcome = try Supervisor(processes, sink: output.sink()).run {
      let facts = [
        getenv(kept).map { String(cString: $0) } ?? "none", getenv(lost) == nil ? "clean" : "dirty",
        fcntl(ends.reading, F_GETFD) < 0 ? "closed" : "open", getpgid(0) == getpid() ? "own group" : "group",
      ]
      let line = Array((facts.joined(separator: ", ") + "\n").utf8)
      _ = write(1, line, line.count)
      _exit(4)
    }
    #expect(outcome.exitCode == 4)
    #expect(Set(output.lines).isSubset(of: (0..<2).map { "value \($0), clean, closed, own group" }))
    #expect(!output.lines.isEmpty)
  }

  @Test func `much output of several ranks is complete and unmixed`() throws {
    let script = "i=0; while [ $i -lt 3000 ]; do echo \"$0 line $i of a rather long text\"; i=$((i+1)); done"
    let ranks = (0..<3).map { number in
      SupervisedProcess(
        name: "rank \(number)",
        command: ProcessCommand(
          executable: "/bin/sh", arguments: ["-c", script, "r\(number)"], environment: environment))
    }
    _ = try run(ranks)
    for number in 0..<3 {
      let expected = (0..<3000).map { "r\(number) line \($0) of a rather long text" }
      #expect(output.lines.filter { $0.hasPrefix("r\(number) ") } == expected)
    }
  }

  @Test func `one failing rank ends the others, and its error is kept`() throws {
    let start = ContinuousClock.now
    let outcome = try run([
      rank(0, "sleep 60"), rank(1, "echo loss is not a number >&2; exit 3"), rank(2, "sleep 60"),
    ])
    #expect(ContinuousClock.now - start < .seconds(3))
    #expect(outcome.exitCode == 3)
    #expect(outcome.failure?.name == "rank 1")
    #expect(outcome.failure?.lastLines == ["loss is not a number"])
    #expect(outcome.exits[0] == .signaled(SIGTERM))
  }

  @Test func `a rank that ignores SIGTERM is killed after the grace period`() throws {
    let start = ContinuousClock.now
    let outcome = try run(
      [rank(0, "trap '' TERM; while :; do sleep 0.2; done"), rank(1, "sleep 0.3; exit 7")], grace: .seconds(1)
    )
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(outcome.exitCode == 7 && outcome.forcedCount == 1)
    #expect(outcome.exits[0] == .signaled(SIGKILL))
  }

  @Test(arguments: [(SIGKILL, "SIGKILL", 137), (SIGSEGV, "SIGSEGV", 139), (SIGBUS, "SIGBUS", 135)])
  func `a signal is decoded`(signal: Int32, name: String, code: Int32) throws {
    let outcome = try run([rank(0, "kill -\(signal) $$"), rank(1, "sleep 60")])
    let failure = try #require(outcome.failure)
    #expect(failure.exit == .signaled(signal) && outcome.exitCode == code)
    let report = FailureReport.lines(failure, processCount: 2, place: "here")
    #expect(report.joined().contains(name))
    #expect(report.last == "deepspeed: The other one was ended. Exit code \(code).")
  }

  @Test func `of two failures at once the crash is the cause`() throws {
    let outcome = try run([rank(0, "exec 2>&-; sleep 0.5; exit 1"), rank(1, "sleep 0.2; kill -9 $$")])
    #expect(outcome.failure?.name == "rank 1")
  }

  @Test func `a rank that lost a peer gives way to that peer's own failure`() throws {
    let lost = "echo rank 1 is gone >&2; exit \(ProcessExit.lostPeerCode)"
    let outcome = try run([
      rank(0, lost), rank(1, "sleep 0.4; echo disk full >&2; exit 5"), rank(2, "sleep 60"),
    ])
    #expect(outcome.failure?.name == "rank 1" && outcome.exitCode == 5)
    #expect(outcome.failure?.lastLines == ["disk full"])
    let alone = try run([rank(0, lost), rank(1, "exit 0")])
    #expect(alone.failure?.name == "rank 0" && alone.exitCode == ProcessExit.lostPeerCode)
  }

  @Test func `children of a failing rank end with it`() throws {
    let folder = try TemporaryFolder()
    let script =
      "sh -c 'trap \"\" TERM; echo $$ > \(folder.path)/child; sleep 60; sleep 60' & sleep 0.3; exit 4"
    #expect(try run([rank(0, script)]).exitCode == 4)
    #expect(try eventually { !isRunning(try folder.contents("child")) })
  }

  @Test func `children that a finished rank left behind end too`() throws {
    let folder = try TemporaryFolder()
    let start = ContinuousClock.now
    #expect(try run([rank(0, "sleep 60 & echo $! > \(folder.path)/child")]).exitCode == 0)
    #expect(try eventually { !isRunning(try folder.contents("child")) })
    #expect(ContinuousClock.now - start < .seconds(3))
  }

  @Test func `cancelling ends all and says by which signal`() async throws {
    let folder = try TemporaryFolder()
    let cancellation = Cancellation()
    let canceller = Task.detached {
      try await Task.sleep(for: .milliseconds(300))
      cancellation.cancel(signal: SIGINT)
    }
    let outcome = try run(
      (0..<2).map { rank($0, "echo $$ > \(folder.path)/\($0); sleep 60") }, cancellation: cancellation)
    try await canceller.value
    #expect(outcome.exitCode == 130 && outcome.failure == nil && outcome.cancellationSignal == SIGINT)
    for number in 0..<2 { #expect(try eventually { !isRunning(try folder.contents("\(number)")) }) }
  }

  @Test func `a second request does not wait for the grace period`() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    cancellation.cancel()
    let start = ContinuousClock.now
    let outcome = try run(
      [rank(0, "trap '' TERM; sleep 30; sleep 30")], grace: .seconds(30), cancellation: cancellation)
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(outcome.exitCode == 128 + SIGTERM)
  }

  @Test func `a program that is not there is named and the started ones end`() throws {
    let missing = SupervisedProcess(
      name: "rank 1",
      command: ProcessCommand(executable: "no-such-program-here", arguments: [], environment: environment))
    let error = #expect(throws: LaunchError.self) { try run([rank(0, "sleep 60"), missing]) }
    #expect(error?.description.contains("no-such-program-here") == true)
  }

  @Test func `cores bind the child and not the launcher`() throws {
    let cores = SystemCalls.affinity()
    let last = try #require(cores.last)
    var process = rank(0, "grep Cpus_allowed_list /proc/self/status")
    process.command.cores = [last]
    _ = try run([process])
    #expect(output.output == "Cpus_allowed_list:\t\(last)\n")
    #expect(SystemCalls.affinity() == cores)
  }

  @Test func `a log file gets all that a rank writes`() throws {
    let folder = try TemporaryFolder()
    var process = rank(0, "echo out; echo err >&2", prefix: true)
    process.logPath = "\(folder.path)/log"
    _ = try run([process])
    #expect(Set(try folder.contents("log").split(separator: "\n")) == ["out", "err"])
    process.logPath = "/nonexistent/log"
    #expect(throws: LaunchError.self) { try run([process]) }
  }

  @Test func `other lines do not run into one that is redrawn in place`() throws {
    _ = try Supervisor(
      [rank(0, "printf 'step 1\\r'; sleep 0.2; echo note; printf 'step 2\\r'")],
      sink: output.sink(isTerminal: true)
    ).run()
    #expect(output.output == "step 1\r\u{1B}[Knote\nstep 2\r")
    #expect(output.errors == "\n")
  }
}
