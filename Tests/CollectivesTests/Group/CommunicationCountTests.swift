import Collectives
import TestSupport
import Testing
import Torch

/// The bytes that a rank sends are those of the formulas, to the byte.
@Suite(.everyTransport, .tags(.ranks), .timeLimit(.minutes(2)))
struct CommunicationCountTests {
  @Test(arguments: [2, 3, 4, 8], [DType.float32, .bfloat16])
  func `every rank sends what the algorithm's formula says`(world: Int, dtype: DType) async throws {
    // n elements that all numbers of ranks here divide, larger than what is sent whole.
    let count = 24 * 1000
    let results = try await onRanks(world) { context in
      let group = context.world
      let whole = try Tensor.ones([count], dtype: dtype)
      let part = try Tensor.ones([count / world], dtype: dtype)
      try group.reduceScatter(into: part, from: whole).wait()
      try group.allGather(into: whole, from: part).wait()
      try group.allReduce(whole).wait()
      try group.allToAll(into: try Tensor.zeros([count], dtype: dtype), from: whole).wait()
      try group.reduce(whole, to: 0).wait()
      return (group.counts, group.sentBytes)
    }
    let bytes = count * dtype.byteCount
    for (rank, (counts, sent)) in results.enumerated() {
      let others = (world - 1) * (bytes / world)
      #expect(counts[.reduceScatter]?.sentBytes == others)
      #expect(counts[.allGather]?.sentBytes == others)
      #expect(counts[.allReduce]?.sentBytes == 2 * others)
      #expect(counts[.allToAll]?.sentBytes == others)
      #expect(counts[.reduce]?.sentBytes == (rank == 0 ? 0 : bytes))
      #expect(counts.values.allSatisfy { $0.callCount == 1 && $0.payloadBytes == bytes })
      #expect(counts.values.map(\.sentBytes).reduce(0, +) == sent)
    }
  }

  @Test func `a broadcast is passed on over connections and read from the root in memory`() async throws {
    let count = 90_000
    let isShared = EveryTransport.current == .sharedMemory
    let results = try await onRanks(4) { context in
      try context.world.broadcast(try Tensor.ones([count]), from: 2).wait()
      return context.world.sentBytes
    }
    #expect(results[2] == (isShared ? 3 : 1) * 4 * count)
    let passedOn = isShared ? 0 : 4 * count / 3 * 2
    for rank in [0, 1, 3] { #expect(results[rank] == passedOn) }
  }

  @Test func `a single rank sends nothing and leaves what is in its place`() throws {
    let context = try RankContext.single()
    let whole = try Tensor.ones([8])
    let identity = whole.storageIdentity
    try context.world.allGather(into: whole, from: try whole.narrow(dim: 0, start: 0, length: 8)).wait()
    try context.world.allReduce(whole, label: "alone").wait()
    try context.world.barrier()
    #expect(context.world.sentBytes == 0)
    #expect(context.world.counts[.allReduce] == count(calls: 1, payload: 32))
    #expect(whole.storageIdentity == identity)
    let copy = try Tensor.zeros([8])
    try context.world.reduceScatter(into: copy, from: whole).wait()
    #expect(try copy.array(of: Float.self) == Array(repeating: 1, count: 8))
  }

  private func count(calls: Int, payload: Int) -> CommunicationCount {
    var count = CommunicationCount()
    count.callCount = calls
    count.payloadBytes = payload
    return count
  }
}
