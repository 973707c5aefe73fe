import Glibc
import Testing

@testable import Launcher

/// Jobs on several nodes, with stand-ins for ssh and pdsh that run the remote line on this machine.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ClusterLauncherTests {
  private let folder: TemporaryFolder
  private let output = CollectedOutput()
  private let words = ["a b", "it's", "\"q\"", "$HOME", "100%n", "", "\\", "*"]

  init() throws {
    folder = try TemporaryFolder()
    // Stands for the launcher on a node: notes its arguments and its environment, then does as it is told.
    _ = try folder.script(
      "agent",
      """
      node=x
      for word; do case $word in --node_rank=*) node=${word#*=}; break;; esac; done
      for word; do printf '%s\\0' "$word"; done > \(folder.path)/node$node.words
      echo "$GREETING" > \(folder.path)/node$node.environment
      echo "node $node runs"
      . \(folder.path)/behaviour
      """)
    try TextFile.write("exit 0\n", to: folder.path + "/behaviour")
    try TextFile.write("GREETING=good 'day' $USER, 50%\n", to: folder.path + "/.deepspeed_env")
    try TextFile.write("one slots=1\ntwo slots=2\n", to: folder.path + "/hosts")
    _ = try folder.script(
      "ssh",
      """
      while :; do case $1 in -o|-p) shift 2;; *) break;; esac; done
      echo "$1" >> \(folder.path)/hosts-asked
      shift
      case $* in "hostname -I") echo "10.9.8.7 fe80::1"; exit;; esac
      exec /bin/sh -c "$*"
      """)
    _ = try folder.script(
      "pdsh",
      """
      case $* in *pkill*) echo "$4 $5" >> \(folder.path)/stopped; exit;; esac
      while [ $# -gt 1 ]; do shift; done
      exec /bin/sh -c "$(printf '%s' "$1" | sed "s/%%/%/g")"
      """)
  }

  private func launch(
    method: LaunchMethod, behaviour: String = "exit 0", isAlone: Bool = false,
    change: (inout LaunchOptions) -> Void = { _ in }
  ) throws -> Int32 {
    try TextFile.write(behaviour + "\n", to: folder.path + "/behaviour")
    var options = LaunchOptions(program: "/opt/train", arguments: words)
    options.hostfile = folder.path + "/hosts"
    options.method = method
    change(&options)
    var environment = ProcessEnvironment.current()
    environment["PATH"] = isAlone ? folder.path : "\(folder.path):\(environment["PATH"] ?? "/bin")"
    environment["HOME"] = folder.path
    environment["DS_ENV_FILE"] = nil
    var launcher = JobLauncher(
      options: options, environment: environment, machine: .current(), sink: output.sink())
    launcher.launcherPath = folder.path + "/agent"
    return try launcher.run(cancellation: Cancellation())
  }

  private func node(_ index: Int) throws -> NodeJob {
    let words = try folder.contents("node\(index).words").split(
      separator: "\0", omittingEmptySubsequences: false)
    return try NodeJob(arguments: words.dropFirst().dropLast().map(String.init))
  }

  @Test(arguments: [LaunchMethod.ssh, .pdsh])
  func `agents get arguments and environment unchanged through real shells`(method: LaunchMethod) throws {
    #expect(try launch(method: method) == 0)
    for index in 0..<2 {
      let node = try node(index)
      #expect(node.nodeRank == index && node.pool.worldSize == 3)
      #expect(node.program.arguments == words)
      #expect(node.masterAddress == "10.9.8.7")
      #expect(try folder.contents("node\(index).environment") == "good 'day' $USER, 50%\n")
    }
    #expect(Set(output.lines) == ["node 0 runs", "node 1 runs"])
  }

  @Test func `one failing node ends the others through their input`() throws {
    let start = ContinuousClock.now
    let code = try launch(
      method: .ssh,
      behaviour:
        "if [ $node = 1 ]; then echo disk full >&2; exit 5; fi; read line; echo node $node saw the end")
    #expect(code == 5)
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(output.lines.contains("node 0 saw the end"))
    let last = output.errors.split(separator: "\n").suffix(3).joined(separator: "\n")
    #expect(last.contains("node two") && last.contains("exit code 5") && last.contains("disk full"))
  }

  @Test func `what pdsh cannot end is ended by a command on all nodes`() throws {
    #expect(try launch(method: .pdsh, behaviour: "[ $node = 0 ] && sleep 60; exit 5") == 5)
    #expect(try folder.contents("stopped") == "-w one,two\n")
  }

  @Test func `a node's own report comes once more at the end`() {
    let agent = [
      "noise", "h2: deepspeed: the last lines of rank 2:", "h2:   | dead",
      "h2: deepspeed: rank 2 failed first: exit code 6.",
    ]
    let failure = SupervisionOutcome.Failure(
      index: 1, name: "node h2", identifier: 1, exit: .exited(code: 6), lastLines: agent)
    #expect(
      ClusterLauncher.report(failure, processCount: 2)
        == Array(agent.dropFirst()) + ["deepspeed: node h2 ended the job. Exit code 6."])
  }

  @Test func `a host that refuses is named before anything starts`() throws {
    _ = try folder.script("ssh", "echo Permission denied >&2; exit 255")
    let error = #expect(throws: LaunchError.self) { try launch(method: .ssh) }
    #expect(error == .unreachableHost(host: "one", reason: "Permission denied"))
    #expect(try folder.contents("node0.words").isEmpty)
  }

  @Test func `a missing launcher and filters it would overlook are refused`() throws {
    unlink(folder.path + "/pdsh")
    let missing = #expect(throws: LaunchError.self) { try launch(method: .pdsh, isAlone: true) }
    #expect(missing?.description.contains("--launcher ssh") == true)
    #expect(throws: LaunchError.self) { try launch(method: .openmpi) { $0.filter.nodeCount = 1 } }
  }

  @Test func `an address that is given is not asked for`() throws {
    #expect(
      try launch(method: .ssh) {
        $0.masterAddress = "head"
        $0.masterPort = 4321
      } == 0)
    #expect(try node(1).masterAddress == "head")
    #expect(try node(1).masterPort == 4321)
    #expect(try folder.contents("hosts-asked").split(separator: "\n").sorted() == ["one", "two"])
  }
}
