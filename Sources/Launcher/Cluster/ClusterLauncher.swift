import Glibc

/// Starts a job on several nodes and supervises the commands that carry it.
struct ClusterLauncher {
  /// Agents get the time to end their ranks, and to say why, before their connection is cut.
  static let connectionMargin = Duration.seconds(3)

  var launch: ClusterLaunch
  var environment: [String: String]
  var grace: Duration
  var log: LaunchLog

  func run(cancellation: Cancellation) throws(LaunchError) -> Int32 {
    if let file = launch.file { try TextFile.write(file.text, to: file.path) }
    defer { if let file = launch.file { unlink(file.path) } }
    let variables = environment.merging(launch.variables) { $1 }
    let processes = launch.commands.map { command in
      SupervisedProcess(
        name: command.name,
        command: ProcessCommand(
          executable: command.words[0], arguments: Array(command.words.dropFirst()), environment: variables,
          input: command.endsWithInput ? .lifeline : .null))
    }
    let outcome = try Supervisor(
      processes, grace: grace + Self.connectionMargin, cancellation: cancellation, sink: log.sink
    ).run()
    if outcome.exitCode != 0 { stopRemains(variables) }
    if let signal = outcome.cancellationSignal { log.note(.info, "ended by \(SignalName.of(signal)).") }
    if let failure = outcome.failure {
      for line in Self.report(failure, processCount: processes.count) { log.sink.write(line: line) }
    }
    return outcome.exitCode
  }

  /// The report of a failure: the node's own, where its agent made one, once more at the end, below whatever
  /// the other nodes said meanwhile.
  static func report(_ failure: SupervisionOutcome.Failure, processCount: Int) -> [String] {
    let lines = failure.lastLines
    guard lines.contains(where: { $0.contains(FailureReport.verdict) }) else {
      return FailureReport.lines(failure, processCount: processCount, place: "this machine")
    }
    let start = lines.lastIndex { $0.contains(FailureReport.opening) } ?? 0
    return lines[start...] + ["deepspeed: \(failure.name) ended the job. Exit code \(failure.exit.code)."]
  }

  /// Runs the command that ends what a remote shell left running, without caring whether anything was left.
  private func stopRemains(_ variables: [String: String]) {
    guard let program = launch.stopWords.first else { return }
    _ = try? CapturedCommand.run(
      program, Array(launch.stopWords.dropFirst()), environment: variables, limit: .seconds(5))
  }
}

/// A short command whose output is wanted.
enum CapturedCommand {
  struct Result {
    var exit: ProcessExit
    var output: String
    var errors: String
  }

  /// Runs a command to its end, or ends it after `limit`.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String], limit: Duration
  ) throws(LaunchError) -> Result {
    let command = ProcessCommand(executable: program, arguments: arguments, environment: environment)
    let child = try ChildProcess(command)
    let deadline = ContinuousClock.now + limit
    var output: [UInt8] = []
    var errors: [UInt8] = []
    while !child.noticesExit() {
      if ContinuousClock.now >= deadline { child.signalGroup(SIGKILL) }
      output += available(child.standardOutput)
      errors += available(child.standardError)
      usleep(2_000)
    }
    output += available(child.standardOutput)
    errors += available(child.standardError)
    child.reap()
    return Result(
      exit: child.exit ?? .exited(code: 0), output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors, as: UTF8.self))
  }

  private static func available(_ descriptor: Int32) -> [UInt8] {
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count <= 0 { return result }
      result += chunk[..<count]
    }
  }
}
