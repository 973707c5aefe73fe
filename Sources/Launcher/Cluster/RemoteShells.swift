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

  /// One pdsh for all nodes, which replaces `%n` by the number of the node.
  static func pdsh(_ job: ClusterJob) -> ClusterLaunch {
    let placeholder = "%n"
    let hosts = job.pool.hosts.joined(separator: ",")
    var marked = job.node
    marked.nodeRank = 0
    // pdsh reads every percent sign as the start of a placeholder, so all others are doubled; a null byte,
    // which no argument can contain, marks the place of the one that is meant.
    let line = job.agentLine(marked.arguments(nodeRankText: "\u{0}"))
      .split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
      .split(separator: "'--node_rank=\u{0}'", omittingEmptySubsequences: false)
      .joined(separator: "--node_rank=\(placeholder)")
    let start = ["pdsh", "-S", "-f", "1024", "-w", hosts] + job.methodArguments
    var launch = ClusterLaunch(name: "pdsh", words: start + [line])
    launch.variables["PDSH_RCMD_TYPE"] = "ssh"
    if let port = job.sshPort { launch.variables["PDSH_SSH_ARGS_APPEND"] = "-p \(port)" }
    // The brackets keep the pattern from matching the command that looks for it.
    launch.stopWords = start + ["pkill -TERM -f '[-]-tag=\(job.node.tag)'"]
    return launch
  }
}
