import ArgumentParser
import Checkpoints
import Launcher
import Models
import Monitoring
import Synchronization
import Training

/// `deepspeed bench train --beside COMMAND`: our benchmark and a peer's in turn, round by round.
struct BesidePeer {
  /// The peer's command, for the shell.
  let command: String
  let rounds: Int
  /// The file for the comparison; nil for none.
  let table: String?
  let ranks: Int

  /// The options of the comparison itself, which our runs do not get.
  private static let ownOptions = ["--beside", "--rounds", "--json"]

  func run() throws {
    let ours = [LocalMachine.executablePath()] + Self.arguments(Array(CommandLine.arguments.dropFirst()))
    let trap = SignalTrap()
    var comparison = BenchmarkComparison()
    for round in 1...rounds {
      ProgressBar.writeToStandardError("round \(round) of \(rounds): ours\n")
      let own = try figures(of: ours, named: "our own run", trap.cancellation)
      ProgressBar.writeToStandardError("round \(round) of \(rounds): peer\n")
      let peer = try figures(of: ["/bin/sh", "-c", command], named: "the peer's command", trap.cancellation)
      comparison.append(.init(ours: own, peer: peer))
      // What has been measured is kept, also when a later round fails.
      if let table {
        _ = try AtomicFile.write(try comparison.json.jsonText(), to: table)
      }
    }
    Output.write(comparison.table + "\n")
  }

  /// Our words without those of the comparison.
  static func arguments(_ words: [String]) -> [String] {
    var kept: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if ownOptions.contains(word) {
        rest = rest.dropFirst()
      } else if !ownOptions.contains(where: { word.hasPrefix($0 + "=") }) {
        kept.append(word)
      }
    }
    return kept
  }

  /// Runs one side to its end; what it writes is shown, and the figures are taken from it.
  private func figures(
    of words: [String], named name: String, _ cancellation: Cancellation
  ) throws -> BenchmarkFigures {
    let output = Mutex<[UInt8]>([])
    let sink = OutputSink { stream, bytes in
      ProgressBar.writeToStandardError(String(decoding: bytes, as: UTF8.self))
      if stream == .standardOutput { output.withLock { $0 += bytes } }
    }
    let process = SupervisedProcess(
      name: name,
      command: ProcessCommand(
        executable: words[0], arguments: Array(words.dropFirst()), environment: environment()))
    let outcome = try Supervisor([process], cancellation: cancellation, sink: sink).run()
    guard outcome.exitCode == 0 else {
      throw CommandFailure(message: "\(name) ended with code \(outcome.exitCode)", code: outcome.exitCode)
    }
    return try BenchmarkFigures(output: output.withLock { String(decoding: $0, as: UTF8.self) }, source: name)
  }

  /// Both sides have the same threads, and begin to count at their launch.
  private func environment() -> [String: String] {
    var variables = ProcessEnvironment.current()
    let threads = LocalMachine.current().cores.threadsPerRank(rankCount: ranks)
    variables["OMP_NUM_THREADS"] = "\(threads)"
    variables[RankEnvironment.threadsVariable] = "\(threads)"
    variables[LaunchTime.variable] = "\(LaunchTime.now)"
    return variables
  }
}
