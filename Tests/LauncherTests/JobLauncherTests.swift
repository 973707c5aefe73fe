import Glibc
import Testing

@testable import Launcher

@Suite(.serialized, .timeLimit(.minutes(1))) struct JobLauncherTests {
  private let output = CollectedOutput()
  private let machine = LocalMachine(
    hostName: "box", gpuCount: 0, memoryNodeCount: 1,
    cores: CoreTopology(physicalCores: SystemCalls.affinity()))

  private func launch(
    _ script: String, arguments: [String] = [], ranks: Int = 2, isTerminal: Bool = false,
    environment extra: [String: String] = [:], change: (inout LaunchOptions) -> Void = { _ in }
  ) throws -> Int32 {
    var options = LaunchOptions(program: "/bin/sh", arguments: ["-c", script, "program"] + arguments)
    options.filter.slotsPerNode = ranks
    change(&options)
    return try JobLauncher(
      options: options, environment: ProcessEnvironment.current().merging(extra) { $1 }, machine: machine,
      sink: output.sink(isTerminal: isTerminal)
    ).run(cancellation: Cancellation())
  }

  @Test func `each rank finds its place in the environment`() throws {
    let names = [
      "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_SIZE", "CROSS_RANK", "CROSS_SIZE", "MASTER_ADDR",
      "CUDA_VISIBLE_DEVICES",
    ]
    let script = "echo " + names.map { "$\($0)" }.joined(separator: " ")
    #expect(try launch(script, ranks: 3) == 0)
    #expect(Set(output.lines) == Set((0..<3).map { "\($0) \($0) 3 3 0 1 127.0.0.1 0,1,2" }))
  }

  @Test func `arguments arrive byte for byte`() throws {
    let words = ["a b", "it's", "\"q\"", "$HOME", "100%", "", "\\", "*", "--x=1,2;3", "line\nbreak"]
    #expect(try launch("for word; do printf '<%s>' \"$word\"; done", arguments: words, ranks: 1) == 0)
    #expect(output.output == words.map { "<\($0)>" }.joined() + "\n")
  }

  @Test func `threads are shared out, and OpenMP is told when cores are bound`() throws {
    let script = "echo $DEEPSPEED_THREADS_PER_RANK ${OMP_NUM_THREADS-unset}"
    _ = try launch(script, ranks: 1, environment: ["OMP_NUM_THREADS": "77"])
    #expect(output.lines.last == "\(machine.cores.physicalCores.count) 77")
    _ = try launch(script, ranks: 1) { $0.bindCores = true }
    let count = machine.cores.physicalCores.count
    #expect(output.lines.last == "\(count) \(count)")
    _ = try launch(script, ranks: 1, environment: ["DEEPSPEED_THREADS_PER_RANK": "5"])
    #expect(output.lines.last?.hasPrefix("5 ") == true)
  }

  @Test func `bound ranks run on their own cores`() throws {
    let cores = machine.cores.physicalCores
    try #require(cores.count >= 2)
    #expect(
      try launch("echo $RANK $(grep Cpus_allowed_list /proc/self/status | cut -f 2)") {
        $0.bindCores = true
        $0.coreList = "\(cores[0]),\(cores[1])"
      } == 0)
    #expect(Set(output.lines) == ["0 \(cores[0])", "1 \(cores[1])"])
  }

  @Test func `the first failure is printed last, with its last words`() throws {
    let code = try launch("if [ $RANK = 1 ]; then echo out of luck >&2; exit 9; else sleep 60; fi")
    #expect(code == 9)
    let lines = output.errors.split(separator: "\n").suffix(4).map(String.init)
    #expect(lines[0] == "deepspeed: the last lines of rank 1:" && lines[1] == "  | out of luck")
    #expect(lines[2].contains("rank 1") && lines[2].contains("exit code 9"))
    #expect(lines[3] == "deepspeed: The other one was ended. Exit code 9.")
  }

  @Test func `each rank has a log file on request`() throws {
    let folder = try TemporaryFolder()
    _ = try launch("echo hello $RANK") { $0.rankLogFolder = folder.path + "/logs" }
    let names = try #require(Folder.entries(of: folder.path + "/logs")).filter { !$0.hasPrefix(".") }.sorted()
    #expect(names.count == 2 && names[0].hasSuffix("_rank0.log") && names[1].hasSuffix("_rank1.log"))
    #expect(try folder.contents("logs/" + names[1]) == "hello 1\n")
  }

  @Test func `a log folder that cannot be made is an error`() {
    let error = #expect(throws: LaunchError.self) {
      try launch("true") { $0.rankLogFolder = "/proc/none/logs" }
    }
    #expect(error?.description.contains("/proc/none/logs") == true)
  }

  @Test func `the process number is saved while the job runs`() throws {
    let path = "/tmp/\(getpid()).deepspeed"
    _ = try launch("cat \(path)", ranks: 1) { $0.savePID = true }
    #expect(output.output == "\(getpid())\n")
    #expect(try TextFile.read(path) == nil)
  }

  @Test func `a port that is taken is an error when asked for and replaced when not`() throws {
    let listener = try Listener()
    #expect(throws: LaunchError.self) { try launch("true") { $0.masterPort = listener.port } }
    _ = try launch("echo $MASTER_PORT", ranks: 1) { $0.masterPort = 0 }
    #expect(Int(output.lines[0]).map { (1024...65_535).contains($0) } == true)
  }

  @Test func `prefixes and the terminal's width are for those who asked`() throws {
    let script = "echo ${DEEPSPEED_TERMINAL_WIDTH-none}"
    _ = try launch(script, isTerminal: true)
    #expect(Set(output.lines) == ["90", "none"])
    _ = try launch(script, isTerminal: true) { $0.prefixOutput = true }
    #expect(Set(output.lines.suffix(2)) == ["[rank 0] none", "[rank 1] none"])
  }

  @Test func `a node that is started by hand knows its number`() throws {
    let folder = try TemporaryFolder()
    let hosts = folder.path + "/hosts"
    try TextFile.write("a slots=2\nb slots=1\n", to: hosts)
    let code = try launch("echo $RANK $LOCAL_RANK $WORLD_SIZE $CROSS_RANK $MASTER_ADDR") {
      $0.filter = ResourceFilter()
      $0.hostfile = hosts
      $0.noSSH = true
      $0.nodeRank = 1
      $0.masterAddress = "10.1.1.1"
    }
    #expect(code == 0 && output.output == "2 0 3 1 10.1.1.1\n")
  }
}
