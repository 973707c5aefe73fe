import Testing

@testable import Launcher

@Suite struct ResourceFilterTests {
  private let pool = ResourcePool([
    ResourcePool.Node(host: "worker-0", slots: [0, 1, 2, 3]),
    ResourcePool.Node(host: "worker-1", slots: [0, 1, 2, 3]),
  ])

  private func text(_ pool: ResourcePool) -> String {
    pool.nodes.map { "\($0.host):\($0.slots.map(String.init).joined(separator: ","))" }.joined(separator: "@")
  }

  @Test(arguments: [
    ("worker-0", "worker-0:0,1,2,3"),
    ("worker-0:1,3", "worker-0:1,3"),
    ("worker-1@worker-0:2", "worker-0:2@worker-1:0,1,2,3"),
    ("worker-1:3,1,3", "worker-1:1,3"),
    ("worker-0:0@worker-0:2", "worker-0:0,2"),
  ])
  func `include keeps what it names, in the order of the hostfile`(include: String, expected: String) throws {
    #expect(text(try ResourceFilter(include: include).applied(to: pool)) == expected)
  }

  @Test(arguments: [
    ("worker-0", "worker-1:0,1,2,3"),
    ("worker-1:0", "worker-0:0,1,2,3@worker-1:1,2,3"),
    ("worker-0:0,1,2,3", "worker-1:0,1,2,3"),
    ("worker-0:1@worker-1:2,3", "worker-0:0,2,3@worker-1:0,1"),
  ])
  func `exclude drops what it names and hosts left empty`(exclude: String, expected: String) throws {
    #expect(text(try ResourceFilter(exclude: exclude).applied(to: pool)) == expected)
  }

  @Test func `counts cut from the top`() throws {
    #expect(text(try ResourceFilter(nodeCount: 1).applied(to: pool)) == "worker-0:0,1,2,3")
    #expect(text(try ResourceFilter(slotsPerNode: 2).applied(to: pool)) == "worker-0:0,1@worker-1:0,1")
    #expect(text(try ResourceFilter().applied(to: pool)) == text(pool))
  }

  @Test(arguments: [
    ResourceFilter(include: "worker-0", exclude: "worker-1"),
    ResourceFilter(include: "worker-0", nodeCount: 1),
    ResourceFilter(include: "worker-0", slotsPerNode: 1),
    ResourceFilter(exclude: "worker-0", slotsPerNode: 1),
    ResourceFilter(include: "worker-7"),
    ResourceFilter(include: "worker-0:4"),
    ResourceFilter(exclude: "worker-0:9"),
    ResourceFilter(include: "worker-0:0-2"),
    ResourceFilter(include: "worker-0:"),
    ResourceFilter(include: "worker-0:0:1"),
    ResourceFilter(include: "@worker-0"),
    ResourceFilter(exclude: "worker-0@worker-1"),
    ResourceFilter(nodeCount: 3),
    ResourceFilter(nodeCount: 0),
    ResourceFilter(slotsPerNode: 5),
    ResourceFilter(slotsPerNode: 0),
  ])
  func `what cannot be satisfied is refused`(filter: ResourceFilter) {
    #expect(throws: LaunchError.self) { try filter.applied(to: pool) }
  }

  @Test func `errors name the option, the host and what there is`() {
    let host = #expect(throws: LaunchError.self) { try ResourceFilter(include: "wroker-0").applied(to: pool) }
    #expect(host == .unknownHost(option: "--include", host: "wroker-0", known: ["worker-0", "worker-1"]))
    let slot = #expect(throws: LaunchError.self) {
      try ResourceFilter(exclude: "worker-1:8").applied(to: pool)
    }
    #expect(slot == .unknownSlot(option: "--exclude", host: "worker-1", slot: 8, available: [0, 1, 2, 3]))
  }
}
