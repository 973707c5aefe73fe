import Testing

@testable import Launcher

@Suite struct CoreBindingTests {
  private let topology = CoreTopology(physicalCores: Array(0..<8))

  @Test func `physical cores are split evenly and in order`() throws {
    let binding = try CoreBinding(list: nil, rankCount: 3, topology: topology, environment: [:])
    #expect(binding.coresOfRank == [[0, 1], [2, 3], [4, 5]])
    #expect(binding.threadsPerRank == 2)
  }

  @Test func `a list is used instead of the physical cores`() throws {
    let binding = try CoreBinding(list: "1,3-5", rankCount: 2, topology: topology, environment: [:])
    #expect(binding.coresOfRank == [[1, 3], [4, 5]])
  }

  @Test func `too few cores and KMP_AFFINITY are refused`() {
    #expect(throws: LaunchError.self) {
      try CoreBinding(list: "0-1", rankCount: 3, topology: topology, environment: [:])
    }
    #expect(throws: LaunchError.self) {
      try CoreBinding(list: nil, rankCount: 1, topology: topology, environment: ["KMP_AFFINITY": "compact"])
    }
  }

  @Test func `of two threads of a core the first allowed one counts`() {
    let siblings = [0: [0, 4], 1: [1, 5], 4: [0, 4], 5: [1, 5]]
    #expect(CoreTopology.physical(of: [0, 1, 4, 5], siblings: siblings) == [0, 1])
    #expect(CoreTopology.physical(of: [1, 4, 5], siblings: siblings) == [1, 4])
  }

  @Test func `threads fill the cores, or the quota of a container`() {
    #expect(topology.threadsPerRank(rankCount: 3) == 2)
    #expect(topology.threadsPerRank(rankCount: 20) == 1)
    #expect(CoreTopology(physicalCores: Array(0..<64), quota: 4).threadsPerRank(rankCount: 2) == 2)
    #expect(CoreTopology.quota(cgroupText: "250000 100000\n") == 2.5)
    #expect(CoreTopology.quota(cgroupText: "max 100000\n") == nil)
  }

  @Test func `this machine has cores`() { #expect(!CoreTopology.current().physicalCores.isEmpty) }
}
