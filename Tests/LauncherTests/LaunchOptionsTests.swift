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
    ] as [@Sendable (inout LaunchOptions) -> Void])
  func `options that lack another, or have no feature yet, are refused`(
    change: @Sendable (inout LaunchOptions) -> Void
  ) throws {
    var options = LaunchOptions(program: "true")
    try options.validate()
    change(&options)
    #expect(throws: LaunchError.self) { try options.validate() }
  }
}
