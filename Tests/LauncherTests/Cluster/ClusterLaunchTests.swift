import Testing

@testable import Launcher

@Suite struct ClusterLaunchTests {
  private let arguments = ["--name", "a b", "it's", "50%n", "$HOME", ""]

  private func job(slots: [Int] = [2, 2]) -> ClusterJob {
    let pool = ResourcePool(
      slots.enumerated().map { ResourcePool.Node(host: "worker-\($0)", slots: Array(0..<$1)) })
    var node = NodeJob(
      pool: pool, nodeRank: 0, masterAddress: "10.0.0.1", masterPort: 29_501,
      program: ProgramCommand(program: "/opt/train", arguments: arguments))
    node.tag = "77-1"
    var job = ClusterJob(
      node: node, launcher: "/opt/deepspeed", currentFolder: "/my dir",
      exports: [("A", "x y"), ("B", "100%")])
    job.hostfile = "/job/hosts"
    return job
  }

  private func start(_ launch: ClusterLaunch, _ count: Int) -> [String] {
    Array(launch.commands[0].words.prefix(count))
  }

  @Test func `ssh gets one command per node, which ends with its input`() throws {
    var job = job()
    job.sshPort = 2222
    job.methodArguments = ["-o", "LogLevel=error"]
    job.environmentScript = "/venv/activate"
    let launch = try ClusterLaunch(job, method: .ssh)
    #expect(launch.commands.map(\.name) == ["node worker-0", "node worker-1"])
    #expect(launch.commands.map(\.endsWithInput) == [true, true])
    let words = launch.commands[1].words
    #expect(
      words.dropLast() == ["ssh", "-o", "BatchMode=yes", "-p", "2222", "-o", "LogLevel=error", "worker-1"])
    let line = try #require(words.last)
    #expect(
      line.hasPrefix(
        "cd '/my dir' && . /venv/activate && exec env 'A=x y' B=100% /opt/deepspeed launch-node "))
    let agent = try ShellText.split(String(line.split(separator: "launch-node ")[1]), option: "")
    let node = try NodeJob(arguments: agent)
    #expect(node.nodeRank == 1 && node.watchesInput && node.program.arguments == arguments)
  }

  @Test func `pdsh gets a line per node without placeholders`() throws {
    var job = job()
    job.sshPort = 2222
    let launch = try ClusterLaunch(job, method: .pdsh)
    #expect(launch.commands.map { $0.words[5] } == ["worker-0", "worker-1"])
    #expect(start(launch, 5) == ["pdsh", "-S", "-f", "1024", "-w"])
    #expect(launch.variables == ["PDSH_RCMD_TYPE": "ssh", "PDSH_SSH_ARGS_APPEND": "-p 2222"])
    let line = try #require(launch.commands[1].words.last)
    #expect(line.contains(" --node_rank=1 ") && line.contains("B=100%%") && line.contains("50%%n"))
    #expect(launch.stopWords.suffix(2) == ["worker-0,worker-1", "pkill -TERM -f '[-]-tag=77-1'"])
  }

  @Test func `Open MPI reads the hostfile and gets variables by -x`() throws {
    var job = job()
    let words = try ClusterLaunch(job, method: .openmpi).commands[0].words
    #expect(
      words.prefix(16) == [
        "mpirun", "-n", "4", "-hostfile", "/job/hosts", "--mca", "btl", "^openib", "--mca",
        "btl_tcp_if_include",
        "eth0", "-x", "A=x y", "-x", "B=100%", "/opt/deepspeed",
      ])
    #expect(words.suffix(7) == ["/opt/train"] + arguments)
    job.methodArguments = ["--mca", "btl_tcp_if_include", "ib0"]
    #expect(try !ClusterLaunch(job, method: .openmpi).commands[0].words.contains("eth0"))
  }

  @Test func `MPICH and MVAPICH start the same number on every node`() throws {
    let mpich = try ClusterLaunch(job(), method: .mpich)
    #expect(
      start(mpich, 13) == [
        "mpirun", "-n", "4", "-ppn", "2", "-hosts", "worker-0,worker-1", "-genv", "A", "x y", "-genv", "B",
        "100%",
      ])
    let mvapich = try ClusterLaunch(job(), method: .mvapich)
    #expect(mvapich.file?.text == "worker-0\nworker-1\n")
    #expect(start(mvapich, 7).last == mvapich.file?.path)
    for method in [LaunchMethod.mpich, .impi, .mvapich] {
      #expect(throws: LaunchError.self) { try ClusterLaunch(job(slots: [2, 1]), method: method) }
    }
  }

  @Test func `Intel MPI lists the variables of every rank`() throws {
    let words = try ClusterLaunch(job(), method: .impi).commands[0].words
    let groups = words.split(separator: ":")
    #expect(groups.count == 4)
    #expect(groups[3].suffix(7) == ["/opt/train"] + arguments)
    for (rank, group) in groups.enumerated() {
      let text = group.joined(separator: " ")
      #expect(text.contains("-env RANK \(rank) ") && text.contains("-env LOCAL_RANK \(rank % 2) "))
      #expect(text.contains("-env WORLD_SIZE 4 ") && text.contains("-env MASTER_ADDR 10.0.0.1 "))
    }
  }

  @Test func `Slurm inherits variables and takes uneven nodes`() throws {
    let launch = try ClusterLaunch(job(slots: [1, 3]), method: .slurm)
    #expect(launch.variables == ["A": "x y", "B": "100%"])
    #expect(
      start(launch, 10) == [
        "srun", "-n", "4", "--nodes", "2", "--nodelist", "worker-0,worker-1", "--kill-on-bad-exit=1",
        "--export=ALL", "/opt/deepspeed",
      ])
    #expect(launch.commands[0].words[10] == RankJob.commandName)
  }
}
