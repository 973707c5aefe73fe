import Testing

@testable import Launcher

@Suite struct RankEnvironmentTests {
  private let pool = ResourcePool([
    ResourcePool.Node(host: "a", slots: [0]), ResourcePool.Node(host: "b", slots: [0, 1, 2]),
  ])

  @Test func `ranks count through uneven nodes`() {
    let place = RankEnvironment(
      pool: pool, node: 1, localRank: 2, masterAddress: "10.0.0.1", masterPort: 29500)
    #expect(
      place.variables == [
        "RANK": "3", "LOCAL_RANK": "2", "WORLD_SIZE": "4", "LOCAL_SIZE": "3", "CROSS_RANK": "1",
        "CROSS_SIZE": "2", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500",
      ])
  }

  @Test func `a rank reads back what the launcher wrote`() throws {
    let place = RankEnvironment(pool: pool, node: 0, localRank: 0, masterAddress: "h", masterPort: 1)
    #expect(try RankEnvironment(environment: place.variables) == place)
    #expect(try RankEnvironment(environment: ["HOME": "/root"]) == nil)
  }

  @Test func `torch's launcher is understood as well`() throws {
    let place = try RankEnvironment(environment: [
      "RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "4000",
    ])
    #expect(place?.rank == 1 && place?.localSize == 2 && place?.nodeCount == 1)
  }

  @Test(arguments: [
    ["RANK": "0"], ["WORLD_SIZE": "2"], ["RANK": "2", "WORLD_SIZE": "2", "LOCAL_RANK": "0"],
    ["RANK": "x", "WORLD_SIZE": "2", "LOCAL_RANK": "0"],
    ["RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"],
    ["RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "h", "MASTER_PORT": "70000"],
  ])
  func `incomplete or contradictory variables are refused`(environment: [String: String]) {
    #expect(throws: LaunchError.self) { try RankEnvironment(environment: environment) }
  }

  @Test(arguments: [
    (["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_LOCAL_RANK": "2"], 3, 2),
    (["PMI_RANK": "1", "MPI_LOCALRANKID": "0"], 1, 0), (["SLURM_PROCID": "2", "SLURM_LOCALID": "1"], 2, 1),
    (["MV2_COMM_WORLD_RANK": "0"], 0, 0), (["PMI_RANK": "2"], 2, 1),
  ])
  func `schedulers' variables become ours`(environment: [String: String], rank: Int, localRank: Int) throws {
    let node = NodeJob(
      pool: pool, nodeRank: 0, masterAddress: "h", masterPort: 9,
      program: ProgramCommand(program: "p", arguments: []))
    let job = try RankJob(arguments: Array(RankJob(node: node).arguments.dropFirst()))
    let place = try job.place(environment: environment)
    #expect(place.rank == rank && place.localRank == localRank && place.worldSize == 4)
    #expect(place.nodeRank == (rank == 0 ? 0 : 1))
    #expect(throws: LaunchError.self) { try job.place(environment: [:]) }
  }
}
