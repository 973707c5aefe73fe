import Testing

@testable import Launcher

@Suite struct LaunchPlanTests {
  private func machine(gpus: Int = 0, memoryNodes: Int = 1) -> LocalMachine {
    LocalMachine(
      hostName: "box.example", gpuCount: gpus, memoryNodeCount: memoryNodes,
      cores: CoreTopology(physicalCores: [0, 1, 2, 3]))
  }

  private func plan(
    _ filter: ResourceFilter = ResourceFilter(), environment: [String: String] = [:], gpus: Int = 0,
    memoryNodes: Int = 1
  ) throws -> LaunchPlan {
    var options = LaunchOptions(program: "true")
    options.hostfile = "/nonexistent/hostfile"
    options.filter = filter
    return try LaunchPlan(
      options: options, environment: environment, machine: machine(gpus: gpus, memoryNodes: memoryNodes))
  }

  @Test func `slots are GPUs, else LOCAL_SIZE, else memory nodes`() throws {
    #expect(try plan(gpus: 8).pool == .local(slotCount: 8))
    #expect(try plan(environment: ["DS_ACCELERATOR": "cpu"], gpus: 8).pool == .local(slotCount: 1))
    #expect(try plan(environment: ["LOCAL_SIZE": "3"]).pool == .local(slotCount: 3))
    #expect(try plan(memoryNodes: 2).pool == .local(slotCount: 2))
    #expect(try plan(memoryNodes: 0).pool == .local(slotCount: 1))
  }

  @Test func `a processor runs as many ranks as are asked for`() throws {
    let plan = try plan(ResourceFilter(slotsPerNode: 4))
    #expect(plan.pool == .local(slotCount: 4))
    #expect(!plan.isMultiNode)
    #expect(plan.visibleDevices == nil)
  }

  @Test func `visible devices are used in their order and counted from the first`() throws {
    let environment = ["CUDA_VISIBLE_DEVICES": "5,3,1"]
    #expect(try plan(environment: environment, gpus: 8).pool.nodes[0].slots == [5, 3, 1])
    let two = try plan(ResourceFilter(slotsPerNode: 2), environment: environment, gpus: 8)
    #expect(two.visibleDevices == "5,3")
  }

  @Test func `devices named by UUID keep their names`() throws {
    let plan = try plan(
      ResourceFilter(slotsPerNode: 1), environment: ["CUDA_VISIBLE_DEVICES": "GPU-aa,MIG-bb"], gpus: 2)
    #expect(plan.pool == .local(slotCount: 1))
    #expect(plan.visibleDevices == "GPU-aa")
  }

  @Test(arguments: ["", "-1", "NoDevFiles"])
  func `hidden devices stay hidden`(value: String) throws {
    #expect(try plan(environment: ["CUDA_VISIBLE_DEVICES": value], gpus: 2).visibleDevices == nil)
    #expect(VisibleDevices.hidesAll(value))
  }

  @Test func `a device listed twice is refused and more ranks than devices are noticed`() throws {
    #expect(throws: LaunchError.self) { try plan(environment: ["CUDA_VISIBLE_DEVICES": "1,1"]) }
    let many = try plan(ResourceFilter(slotsPerNode: 3), environment: ["CUDA_VISIBLE_DEVICES": "0"], gpus: 1)
    #expect(many.pool.worldSize == 3)
    #expect(many.notices.contains { $0.contains("CUDA_VISIBLE_DEVICES") })
  }

  @Test func `several hosts make a job on several nodes unless ssh is declined`() throws {
    let folder = try TemporaryFolder()
    var options = LaunchOptions(program: "true")
    options.hostfile = folder.path + "/hosts"
    try TextFile.write("a slots=1\nb slots=3\n", to: options.hostfile)
    #expect(try LaunchPlan(options: options, environment: [:], machine: machine()).isMultiNode)
    options.filter.nodeCount = 1
    #expect(try !LaunchPlan(options: options, environment: [:], machine: machine()).isMultiNode)
    options.forceMulti = true
    #expect(try LaunchPlan(options: options, environment: [:], machine: machine()).isMultiNode)
    options.noSSH = true
    #expect(try !LaunchPlan(options: options, environment: [:], machine: machine()).isMultiNode)
  }
}
