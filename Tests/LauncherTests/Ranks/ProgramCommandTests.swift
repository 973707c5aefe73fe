import Testing

@testable import Launcher

@Suite struct ProgramCommandTests {
  private let arguments = ["--name", "a b", "it's", "\"q\"", "$HOME", "100%", "", "--x=1,2;3"]

  @Test func `a program gets its arguments unchanged`() {
    let words = ProgramCommand(program: "/bin/train", arguments: arguments).words(localRank: 1)
    #expect(words.executable == "/bin/train")
    #expect(words.arguments == arguments)
  }

  @Test func `Python files and modules run unbuffered with their local rank`() {
    let script = ProgramCommand(program: "train.py", arguments: ["-v"]).words(localRank: 2)
    #expect([script.executable] + script.arguments == ["python3", "-u", "train.py", "--local_rank=2", "-v"])
    let module = ProgramCommand(
      program: "pkg.train", arguments: [], kind: .pythonModule, passesLocalRank: false)
    #expect(module.words(localRank: 0).arguments == ["-u", "-m", "pkg.train"])
    let plain = ProgramCommand(program: "train.py", arguments: [], kind: .executable).words(localRank: 0)
    #expect(plain.executable == "train.py" && plain.arguments.isEmpty)
  }

  @Test func `a node's job reads back from its arguments`() throws {
    let pool = ResourcePool([
      ResourcePool.Node(host: "a", slots: [0, 1]), ResourcePool.Node(host: "b", slots: [4]),
    ])
    var job = NodeJob(
      pool: pool, nodeRank: 1, masterAddress: "10.0.0.1", masterPort: 29_501,
      program: ProgramCommand(program: "p", arguments: arguments, kind: .executable, passesLocalRank: false))
    job.bindCores = true
    job.coreList = "0-3"
    job.rankLogFolder = "/tmp/a b"
    job.prefixOutput = true
    job.savePID = true
    job.watchesInput = true
    job.tag = "7-9"
    job.logLevel = .debug
    job.grace = .seconds(9)
    #expect(job.arguments().first == NodeJob.commandName)
    #expect(try NodeJob(arguments: Array(job.arguments().dropFirst())) == job)
  }

  @Test(arguments: [
    [], ["--", "p"], ["--world_info=x", "--", "p"], ["stray", "--", "p"],
    ["--world_info=eyJhIjpbMF19", "--node_rank=1", "--master_addr=h", "--master_port=1", "--", "p"],
    ["--world_info=eyJhIjpbMF19", "--node_rank=0", "--master_addr=h", "--master_port=0", "--", "p"],
    ["--world_info=eyJhIjpbMF19", "--node_rank=0", "--master_addr=h", "--master_port=1", "--"],
  ])
  func `an incomplete node's job is refused`(arguments: [String]) {
    #expect(throws: LaunchError.self) { try NodeJob(arguments: arguments) }
  }
}
