import Launcher
import Monitoring
import Synchronization

/// Runs one side of a comparison and takes what it prints.
enum PeerProcess {
  /// The words of a shell command.
  static func shell(_ command: String) -> [String] { ["/bin/sh", "-c", command] }

  /// Our own command line without the options of the comparison, each of which has a value.
  static func ownWords(without options: [String]) -> [String] {
    [LocalMachine.executablePath()] + remaining(Array(CommandLine.arguments.dropFirst()), without: options)
  }

  /// Words without these options and their values.
  static func remaining(_ words: [String], without options: [String]) -> [String] {
    var kept: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if options.contains(word) {
        rest = rest.dropFirst()
      } else if !options.contains(where: { word.hasPrefix($0 + "=") }) {
        kept.append(word)
      }
    }
    return kept
  }

  /// Runs a command to its end; what it writes is shown on standard error, its standard output returned.
  ///
  /// - Parameters:
  ///   - name: what runs, for messages.
  ///   - ranks: among which the cores are shared; both sides find their threads in OMP_NUM_THREADS, and the time of
  ///     launch in T0.
  /// - Throws: `CommandFailure` for another exit code than 0.
  static func output(
    of words: [String], named name: String, ranks: Int, _ cancellation: Cancellation
  ) throws -> String {
    let output = Mutex<[UInt8]>([])
    let sink = OutputSink { stream, bytes in
      ProgressBar.writeToStandardError(String(decoding: bytes, as: UTF8.self))
      if stream == .standardOutput { output.withLock { $0 += bytes } }
    }
    var variables = ProcessEnvironment.current()
    let threads = LocalMachine.current().cores.threadsPerRank(rankCount: ranks)
    variables["OMP_NUM_THREADS"] = "\(threads)"
    variables[RankEnvironment.threadsVariable] = "\(threads)"
    variables[LaunchTime.variable] = "\(LaunchTime.now)"
    let process = SupervisedProcess(
      name: name,
      command: ProcessCommand(executable: words[0], arguments: Array(words.dropFirst()), environment: variables))
    let outcome = try Supervisor([process], cancellation: cancellation, sink: sink).run()
    guard outcome.exitCode == 0 else {
      throw CommandFailure(message: "\(name) ended with code \(outcome.exitCode)", code: outcome.exitCode)
    }
    return output.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
