extension ClusterLaunch {
  /// One ssh per node. The agent there ends its ranks when its input ends, so nothing is left running when
  /// the launcher, the connection or this machine goes away.
  static func ssh(_ job: ClusterJob) -> ClusterLaunch {
    let port = job.sshPort.map { ["-p", "\($0)"] } ?? []
    return ClusterLaunch(
      commands: job.pool.nodes.enumerated().map { index, node in
        var part = job.node
        part.nodeRank = index
        part.watchesInput = true
        let words =
          ["ssh", "-o", "BatchMode=yes"] + port + job.methodArguments + [
            node.host, job.agentLine(part.arguments()),
          ]
        return Command(name: "node \(node.host)", words: words, endsWithInput: true)
      })
  }

  /// One pdsh per node, so that the failure of one ends the others. pdsh gives its commands no input, so a
  /// command on all nodes ends the agents there when the job ends early.
  static func pdsh(_ job: ClusterJob) -> ClusterLaunch {
    func words(_ hosts: [String], _ line: String) -> [String] {
      ["pdsh", "-S", "-f", "1024", "-w", hosts.joined(separator: ",")] + job.methodArguments + [line]
    }
    var launch = ClusterLaunch(
      commands: job.pool.nodes.enumerated().map { index, node in
        var part = job.node
        part.nodeRank = index
        // pdsh reads every percent sign as the start of a placeholder.
        let line = job.agentLine(part.arguments()).split(separator: "%", omittingEmptySubsequences: false)
        return Command(name: "node \(node.host)", words: words([node.host], line.joined(separator: "%%")))
      })
    launch.variables["PDSH_RCMD_TYPE"] = "ssh"
    if let port = job.sshPort { launch.variables["PDSH_SSH_ARGS_APPEND"] = "-p \(port)" }
    // The brackets keep the pattern from matching the command that looks for it.
    launch.stopWords = words(job.pool.hosts, "pkill -TERM -f '[-]-tag=\(job.node.tag)'")
    return launch
  }
}
