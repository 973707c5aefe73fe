import ArgumentParser
import Checkpoints
import Launcher
import Models
import Monitoring
import Training

/// `deepspeed bench comm --beside NAME=COMMAND`: our collectives and those of peers in turn, round by round.
struct BesideCommPeers {
  /// A peer's name and its command, for the shell.
  struct Peer: ExpressibleByArgument {
    let name: String
    let command: String

    init?(argument: String) {
      let parts = argument.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      (name, command) = (String(parts[0]), String(parts[1]))
    }
  }

  let peers: [Peer]
  let rounds: Int
  /// The file for the comparison; nil for none.
  let table: String?
  let ranks: Int

  func run() throws {
    let ours = PeerProcess.ownWords(without: ["--beside", "--rounds", "--json"]) + ["--lines"]
    let trap = SignalTrap()
    var comparison = CollectiveComparison(names: ["ours"] + peers.map(\.name))
    let sides = [ours] + peers.map { PeerProcess.shell($0.command) }
    for round in 1...rounds {
      for (side, words) in sides.enumerated() {
        let name = comparison.names[side]
        ProgressBar.writeToStandardError("round \(round) of \(rounds): \(name)\n")
        let output = try PeerProcess.output(of: words, named: name, ranks: ranks, trap.cancellation)
        comparison.append(try CollectiveComparison.Figure.figures(in: output, source: name), side: side)
      }
      // What has been measured is kept, also when a later round fails.
      if let table { _ = try AtomicFile.write(try comparison.json.jsonText(), to: table) }
    }
    Output.write(comparison.table)
  }
}
