import Testing

@testable import Launcher

@Suite struct LaunchOptionsTests {
  @Test func `launchers are known by name in any case`() throws {
    #expect(try LaunchMethod(name: "PDSH") == .pdsh)
    #expect(try LaunchMethod(name: "OpenMPI") == .openmpi)
    let error = #expect(throws: LaunchError.self) { try LaunchMethod(name: "rsh") }
    #expect(error?.description.contains("ssh, pdsh, openmpi") == true)
  }

  @Test(
    arguments: [
      { (options: inout LaunchOptions) in options.coreList = "0-1" },
      { $0.noSSH = true },
      {
        $0.noSSH = true
        $0.nodeRank = 0
      },
      { $0.autotuning = "tune" },
      { $0.elasticTraining = true },
      { $0.filter.slotsPerNode = 0 },
      { $0.filter.slotsPerNode = 1_000_000_000 },
      { $0.filter.nodeCount = Int.max },
      { $0.nodeRank = -1 },
      { $0.sshPort = 70_000 },
    ] as [@Sendable (inout LaunchOptions) -> Void])
  func `options that lack another, or have no feature yet, are refused`(
    change: @Sendable (inout LaunchOptions) -> Void
  ) throws {
    var options = LaunchOptions(program: "true")
    try options.validate()
    change(&options)
    #expect(throws: LaunchError.self) { try options.validate() }
  }

  @Test(arguments: ["banana", "0", "-3", "", "2.5"])
  func `threads that are no count are refused by name`(text: String) throws {
    let error = #expect(throws: LaunchError.self) {
      try RankEnvironment.threadCount(environment: [RankEnvironment.threadsVariable: text])
    }
    let words = "DEEPSPEED_THREADS_PER_RANK: found \"\(text)\", expected a whole number"
    #expect(error?.description.hasPrefix(words) == true)
    #expect(try RankEnvironment.threadCount(environment: [:]) == nil)
    #expect(try RankEnvironment.threadCount(environment: [RankEnvironment.threadsVariable: "3"]) == 3)
  }
}
