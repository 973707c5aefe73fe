import Collectives
import TestSupport
import Testing
import Torch

/// So many hosts with so many ranks each.
struct Hosts: Sendable, CustomTestStringConvertible {
  let count: Int
  let ranks: Int

  var world: Int { count * ranks }
  var testDescription: String { "\(count) hosts of \(ranks)" }
}

/// Runs a function on thread ranks that behave as if they were on several hosts.
private func onHosts<Value: Sendable>(
  _ hosts: Hosts, transport: Transport = .automatic, body: @escaping @Sendable (RankContext) throws -> Value
) async throws -> [Value] {
  try await Ranks.run(
    count: hosts.world, timeout: .seconds(60), threadsPerRank: 1, transport: transport, ranksPerHost: hosts.ranks,
    body: body)
}

/// What a rank contributes: small whole numbers, whose sums every type here holds exactly.
private func values(_ rank: Int, _ count: Int) -> [Float] {
  (0..<count).map { Float(($0 * 7 + rank * 13) % 11 - 5) }
}

/// The collectives of several hosts: results of the flat ones, and each byte between hosts once.
@Suite(.tags(.ranks), .timeLimit(.minutes(3)))
struct HierarchyTests {
  static let shapes = [Hosts(count: 2, ranks: 2), Hosts(count: 4, ranks: 2), Hosts(count: 3, ranks: 3)]

  /// Every collective once, and what each rank received.
  @Sendable private static func everyCollective(_ context: RankContext, _ dtype: DType, _ count: Int) throws -> [[Float]] {
    let (group, world) = (context.world, context.worldSize)
    func own(_ count: Int) throws -> Tensor { try Tensor(values(context.rank, count)).to(dtype) }
    let sum = try own(count)
    try group.allReduce(sum).wait()
    let largest = try own(count)
    try group.allReduce(largest, op: .max).wait()
    let part = try Tensor.zeros([count], dtype: dtype)
    try group.reduceScatter(into: part, from: try own(count * world)).wait()
    let all = try Tensor.zeros([count * world], dtype: dtype)
    try group.allGather(into: all, from: try own(count)).wait()
    let copy = try own(count)
    try group.broadcast(copy, from: world - 1).wait()
    let reduced = try own(count)
    try group.reduce(reduced, to: 1).wait()
    let exchanged = try Tensor.zeros([count * world], dtype: dtype)
    try group.allToAll(into: exchanged, from: try own(count * world)).wait()
    try group.barrier()
    return try [sum, largest, part, all, copy, reduced, exchanged].map { try $0.array(of: Float.self) }
  }

  @Test(arguments: shapes, [DType.float32, .bfloat16])
  func `every collective gives what the flat one gives`(hosts: Hosts, dtype: DType) async throws {
    for count in [1, 5, 1001, 40_000] {
      let hierarchical = try await onHosts(hosts) { context in
        #expect(context.world.transport == .hierarchy)
        return try Self.everyCollective(context, dtype, count)
      }
      let flat = try await onHosts(hosts, transport: .gloo) { try Self.everyCollective($0, dtype, count) }
      #expect(hierarchical == flat)
    }
  }

  @Test func `means are those of all ranks, and parts may be uneven or empty`() async throws {
    let counts = [3, 0, 50_000, 1]
    let results = try await onHosts(Hosts(count: 2, ranks: 2)) { context in
      let mean = try Tensor([Float(context.rank)])
      try context.world.allReduce(mean, op: .mean).wait()
      let own = try Tensor(values(context.rank, counts[context.rank]))
      let all = try Tensor.zeros([50_004])
      try context.world.allGather(into: all, from: own, counts: counts).wait()
      let part = try Tensor.zeros([counts[context.rank]])
      try context.world.reduceScatter(into: part, from: try Tensor.ones([50_004]), counts: counts).wait()
      return (try mean.item(), try all.array(of: Float.self), try part.array(of: Float.self))
    }
    let joined: [Float] = (0..<4).flatMap { values($0, counts[$0]) }
    for (rank, result) in results.enumerated() {
      let sums = [Float](repeating: 4, count: counts[rank])
      #expect(result.0 == 1.5)
      #expect(result.1 == joined)
      #expect(result.2 == sums)
    }
  }

  @Test func `a group may list the ranks of its hosts in any order`() async throws {
    let order = [3, 0, 2, 1]
    let results = try await onHosts(Hosts(count: 2, ranks: 2)) { context in
      let group = try #require(try context.makeGroup(of: order, name: "mixed"))
      #expect(group.transport == .hierarchy)
      let all = try Tensor.zeros([8])
      try group.allGather(into: all, from: try Tensor.full([2], Double(context.rank))).wait()
      let part = try Tensor.zeros([1])
      try group.reduceScatter(into: part, from: try Tensor([Float(1), 2, 3, 4])).wait()
      return (try all.array(of: Float.self), try part.item())
    }
    let joined: [Float] = order.flatMap { [Float($0), Float($0)] }
    for (place, rank) in order.enumerated() {
      let (all, part) = results[rank]
      #expect(all == joined)
      #expect(part == Double(4 * (place + 1)))
    }
  }

  @Test(arguments: [Hosts(count: 4, ranks: 2), Hosts(count: 2, ranks: 4)])
  func `between hosts each byte crosses once, shared by the ranks of a host`(hosts: Hosts) async throws {
    let bytes = 48 * 16_384
    let sent = try await onHosts(hosts) { context in
      let group = context.world
      let whole = try Tensor.ones([bytes / 4])
      let part = try Tensor.ones([bytes / 4 / hosts.world])
      try group.reduceScatter(into: part, from: whole).wait()
      try group.allGather(into: whole, from: part).wait()
      try group.allReduce(whole).wait()
      try group.broadcast(whole, from: 0).wait()
      #expect(group.counts.values.reduce(into: LinkBytes()) { $0 += $1.sent } == group.sent)
      return group.counts.mapValues(\.sent.betweenHosts)
    }
    let others = hosts.count - 1
    let share = bytes / hosts.world
    for (rank, sent) in sent.enumerated() {
      #expect(sent[.reduceScatter] == others * share)
      #expect(sent[.allGather] == others * share)
      #expect(sent[.allReduce] == 2 * others * share)
      let passedOn = others == 1 ? 0 : bytes / hosts.ranks * (others - 1) / others
      #expect(sent[.broadcast] == (rank < hosts.ranks ? bytes / hosts.ranks : passedOn))
    }
    #expect(sent.map { $0[.broadcast] ?? 0 }.reduce(0, +) == others * bytes)
  }

  @Test func `flat collectives count what stays in a host apart, and cross more`() async throws {
    let hosts = Hosts(count: 2, ranks: 2)
    let bytes = 48 * 16_384
    let sent = try await onHosts(hosts, transport: .gloo) { context in
      try context.world.allReduce(try Tensor.ones([bytes / 4])).wait()
      return context.world.sent
    }
    let expected = LinkBytes(withinHost: bytes / 2, betweenHosts: bytes)
    for sent in sent { #expect(sent == expected) }
  }

  @Test func `messages and exchanges inside a host stay in it`() async throws {
    let sent = try await onHosts(Hosts(count: 2, ranks: 2)) { context in
      let group = context.world
      let tensor = try Tensor.full([1000], Double(context.rank))
      let (mate, stranger) = (context.rank ^ 1, context.rank ^ 2)
      let arrived = try [mate, stranger].map { peer in
        let send = try group.send(tensor, to: peer)
        let other = try Tensor.zeros([1000])
        try group.receive(other, from: peer).wait()
        try send.wait()
        return try other.min().item() == Double(peer)
      }
      #expect(arrived == [true, true])
      let messages = group.sent
      try group.allToAll(into: try Tensor.zeros([4000]), from: try Tensor.ones([4000])).wait()
      return (messages, group.sent - messages)
    }
    for (messages, exchange) in sent {
      #expect(messages == LinkBytes(withinHost: 4000, betweenHosts: 4000))
      #expect(exchange == LinkBytes(withinHost: 4000, betweenHosts: 8000))
    }
  }

  @Test func `several operations are under way at once and are awaited in any order`() async throws {
    let results = try await onHosts(Hosts(count: 2, ranks: 2)) { context in
      let tensors = try (0..<12).map { try Tensor.full([30_000], Double($0 + context.rank)) }
      let works = try tensors.map { try context.world.allReduce($0) }
      for work in context.rank == 0 ? works.reversed() : works { try work.wait() }
      let unattended = try context.world.allReduce(try Tensor.ones([100_000]))
      while !unattended.isCompleted {}
      return try tensors.map { try $0.max().item() }
    }
    let expected: [Double] = (0..<12).map { Double(4 * $0 + 6) }
    for result in results { #expect(result == expected) }
  }

  @Test func `hosts with unequal numbers of ranks fall back to the flat way and say why`() async throws {
    let results = try await Ranks.run(count: 3, threadsPerRank: 1, ranksPerHost: 2) { context in
      let tensor = try Tensor.ones([10])
      try context.world.allReduce(tensor).wait()
      return (context.world.transport, context.world.transportNote ?? "", try tensor.max().item())
    }
    for (transport, note, sum) in results {
      #expect(transport == .gloo && sum == 3)
      #expect(note.contains("2, 1"))
    }
    let even = try await onHosts(Hosts(count: 2, ranks: 2)) { $0.world.transportNote == nil }
    #expect(even == [true, true, true, true])
  }

  @Test func `a rank that fails ends the others' collectives`() async throws {
    let failure = await #expect(throws: RankFailure.self) {
      try await onHosts(Hosts(count: 2, ranks: 2)) { context in
        if context.rank == 3 { throw CollectiveError.invalidArgument(operation: "test", reason: "on purpose") }
        try context.world.allReduce(try Tensor.ones([100_000])).wait()
      }
    }
    #expect(failure?.rank == 3)
  }
}

struct HostPlacementTests {
  @Test func `hosts are numbered in the order of their first ranks`() {
    let placement = HostPlacement(hostNames: ["b", "a", "b", "c", "a"])
    #expect(placement.hostOfRank == [0, 1, 0, 2, 1])
    #expect(placement.hostCount == 3 && placement.ranksPerHost == nil)
    #expect(placement.ranks(onHost: 1) == [1, 4])
    #expect(placement.place(of: 2) == 1 && placement.place(of: 3) == 0)
    #expect(placement.of([1, 4, 0]).hostOfRank == [0, 0, 1])
  }

  @Test func `consecutive ranks fill one host after another`() {
    let placement = HostPlacement(rankCount: 8, ranksPerHost: 2)
    #expect(placement.hostCount == 4 && placement.ranksPerHost == 2)
    #expect(placement.hostOfRank == [0, 0, 1, 1, 2, 2, 3, 3])
  }
}
