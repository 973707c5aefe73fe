import Collectives
import TestSupport
import Testing
import Torch

/// Ranks that find each other over a TCP store, as processes do.
@Suite(.tags(.ranks), .timeLimit(.minutes(2)))
struct RendezvousTests {
  /// A port that was free a moment ago.
  private func freePort() throws -> Int { try Store.serving(port: 0, timeout: .seconds(5)).port }

  private func variables(_ rank: Int, of world: Int, port: Int) -> @Sendable (String) -> String? {
    let values = [
      "RANK": "\(rank)", "WORLD_SIZE": "\(world)", "LOCAL_RANK": "\(rank)", "MASTER_ADDR": "localhost",
      "MASTER_PORT": "\(port)",
    ]
    return { values[$0] }
  }

  /// Runs one rank on a thread of its own.
  private func rank(
    _ rank: Int, of world: Int, port: Int, timeout: Duration = .seconds(30),
    _ body: @escaping @Sendable (RankContext) throws -> Double
  ) async throws -> Double {
    let variable = variables(rank, of: world, port: port)
    return try await Ranks.run(count: 1, threadsPerRank: 1) { _ in
      let context = try Rendezvous.join(timeout: timeout, variable: variable)
      defer { context.leave() }
      return try body(context)
    }[0]
  }

  @Test func `ranks meet at the port of rank 0 and reduce a tensor`() async throws {
    let port = try freePort()
    let sums = try await withThrowingTaskGroup(of: Double.self) { group in
      for number in 0..<3 {
        group.addTask {
          try await rank(number, of: 3, port: port) { context in
            let tensor = try Tensor([Float(context.rank + context.localRank)])
            try context.world.allReduce(tensor).wait()
            return try tensor.item()
          }
        }
      }
      return try await group.reduce(into: [Double]()) { $0.append($1) }
    }
    #expect(sums == [6, 6, 6])
  }

  @Test func `a rank whose connections end without a word is named with what the others were doing`()
    async throws
  {
    let port = try freePort()
    let gone = variables(1, of: 2, port: port)
    async let first = rank(0, of: 2, port: port) { context in
      // The group alone keeps the watchdog awake.
      let group = context.world
      let error = try #require(throws: CollectiveError.self) {
        try group.allReduce(try Tensor.ones([1000]), label: "layers.3").wait()
      }
      guard case .connectionLost(rank: 1, let record, _) = error else {
        Issue.record("rank 0 ended with \(error)")
        return 0
      }
      #expect("\(record)" == "all-reduce #1 of 'layers.3' (4000 bytes float32)")
      return 1
    }
    _ = try await Ranks.run(count: 1) { _ in
      let context = try Rendezvous.join(timeout: .seconds(30), variable: gone)
      return context.worldSize
    }
    #expect(try await first == 1)
  }

  @Test func `a port in use is named`() throws {
    let (store, port) = try Store.serving(port: 0, timeout: .seconds(5))
    let error = try #require(throws: CollectiveError.self) {
      try Rendezvous.join(timeout: .seconds(5), variable: variables(0, of: 2, port: port))
    }
    #expect("\(error)".contains("port \(port) is in use on this machine"))
    _ = store
  }

  @Test func `a master that does not answer is named with its address`() throws {
    let port = try freePort()
    let start = ContinuousClock.now
    let error = try #require(throws: CollectiveError.self) {
      try Rendezvous.join(timeout: .seconds(2), variable: variables(1, of: 2, port: port))
    }
    #expect("\(error)".contains("rank 0 does not answer at localhost:\(port) after 2.0 s"))
    #expect(start.duration(to: .now) < .seconds(20))
  }

  @Test func `ranks that do not come are named`() throws {
    let error = try #require(throws: CollectiveError.self) {
      try Rendezvous.join(timeout: .seconds(1), variable: variables(0, of: 3, port: try freePort()))
    }
    #expect("\(error)" == "ranks 1, 2 did not come to the group 'world' within 1.0 s")
  }

  @Test(arguments: [
    ("RANK", "3", "the environment variable RANK is '3', expected a whole number from 0 to 1"),
    ("RANK", "one", "the environment variable RANK is 'one', expected a whole number from 0 to 1"),
    ("WORLD_SIZE", "0", "WORLD_SIZE is '0', expected a whole number from 1 to"),
    ("MASTER_PORT", "70000", "MASTER_PORT is '70000', expected a whole number from 1 to 65535"),
    ("MASTER_ADDR", "", "MASTER_ADDR is not set, expected the name or address of rank 0's machine"),
    ("LOCAL_RANK", "-1", "LOCAL_RANK is '-1', expected a whole number from 0 to 1"),
  ])
  func `a wrong variable is named with what is expected`(name: String, value: String, message: String) throws
  {
    let right = variables(0, of: 2, port: 29_400)
    let error = try #require(throws: CollectiveError.self) {
      try Rendezvous.join(timeout: .seconds(1)) { $0 == name ? value : right($0) }
    }
    #expect("\(error)".contains(message))
  }

  @Test func `without variables this process is the only rank`() throws {
    let context = try Rendezvous.join { _ in nil }
    #expect(context.worldSize == 1 && context.rank == 0 && context.world.size == 1)
  }
}
