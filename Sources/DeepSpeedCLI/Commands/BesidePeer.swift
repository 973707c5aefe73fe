import ArgumentParser
import Checkpoints
import Launcher
import Models
import Monitoring
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
    let ours = PeerProcess.ownWords(without: Self.ownOptions)
    let trap = SignalTrap()
    var comparison = BenchmarkComparison()
    for round in 1...rounds {
      ProgressBar.writeToStandardError("round \(round) of \(rounds): ours\n")
      let own = try figures(of: ours, named: "our own run", trap.cancellation)
      ProgressBar.writeToStandardError("round \(round) of \(rounds): peer\n")
      let peer = try figures(of: PeerProcess.shell(command), named: "the peer's command", trap.cancellation)
      comparison.append(.init(ours: own, peer: peer))
      // What has been measured is kept, also when a later round fails.
      if let table {
        _ = try AtomicFile.write(try comparison.json.jsonText(), to: table)
      }
    }
    Output.write(comparison.table + "\n")
  }

  private func figures(
    of words: [String], named name: String, _ cancellation: Cancellation
  ) throws -> BenchmarkFigures {
    try BenchmarkFigures(
      output: PeerProcess.output(of: words, named: name, ranks: ranks, cancellation), source: name)
  }
}
