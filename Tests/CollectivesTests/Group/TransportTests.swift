import Collectives
import Glibc
import TestSupport
import Testing
import Torch

/// Which way ranks take to each other, and what only memory that they share can get wrong.
@Suite(.tags(.ranks), .timeLimit(.minutes(2)))
struct TransportTests {
  @Test func `ranks of one machine share memory unless told otherwise`() async throws {
    let chosen = try await Ranks.run(count: 2, threadsPerRank: 1) { $0.world.transport }
    #expect(chosen == [.sharedMemory, .sharedMemory])
    let asked = try await Ranks.run(count: 2, threadsPerRank: 1, transport: .gloo) { $0.world.transport }
    #expect(asked == [.gloo, .gloo])
    #expect(try RankContext.single().world.transport == nil)
  }

  @Test func `a transport that does not exist is named`() {
    let variables = [
      "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "DEEPSPEED_TRANSPORT": "pigeon",
    ]
    let error = #expect(throws: CollectiveError.self) { try Rendezvous.join { variables[$0] } }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("DEEPSPEED_TRANSPORT") && text.contains("pigeon") && text.contains("shared-memory"))
  }

  /// Sizes around the borders of slots (256 KiB), of areas within them and of whole rounds.
  @Test(arguments: [2, 3, 5], [1, 16_383, 65_535, 65_536, 65_537, 131_072, 400_003])
  func `sizes around the borders of slots come out whole`(world: Int, count: Int) async throws {
    let sums = try await Ranks.run(count: world, timeout: .seconds(60), threadsPerRank: 1, transport: .sharedMemory) { context in
      let tensor = try Tensor((0..<count).map { Float(($0 % 1000) * (context.rank + 1)) }, shape: [count])
      try context.world.allReduce(tensor).wait()
      let own = try Tensor(Array(repeating: Float(context.rank), count: count + context.rank), shape: [count + context.rank])
      let counts = (0..<world).map { count + $0 }
      let all = try Tensor.zeros([counts.reduce(0, +)])
      try context.world.allGather(into: all, from: own, counts: counts).wait()
      return (try tensor.array(of: Float.self), try all.array(of: Float.self))
    }
    let factor = Float(world * (world + 1) / 2)
    let joined = (0..<world).flatMap { Array(repeating: Float($0), count: count + $0) }
    for (sum, all) in sums {
      #expect(sum == (0..<count).map { Float($0 % 1000) * factor })
      #expect(all == joined)
    }
  }

  /// Results that are written past the cache, in parts that differ, with one that is empty, and that begin anywhere.
  @Test(arguments: zip([2, 2, 2, 3], [DType.float32, .bfloat16, .float16, .float32]))
  func `results too large for the cache have the bits of the same sums made alone`(world: Int, dtype: DType) async throws {
    let counts = (world == 2 ? [1_200_003, 950_001] : [1_200_003, 0, 950_001]).map { $0 * 4 / dtype.byteCount }
    let total = counts.reduce(0, +)
    let results = try await Ranks.run(count: world, timeout: .seconds(60), threadsPerRank: 1, transport: .sharedMemory) { context in
      let terms = try (0..<world).map { rank in
        try Tensor.randn([total], generator: try Generator(seed: UInt64(rank))).to(dtype)
      }
      func somewhere(_ count: Int) throws -> Tensor {
        try Tensor.zeros([count + 5], dtype: dtype).narrow(dim: 0, start: 5, length: count)
      }
      let rank = context.rank
      let offset = counts.prefix(rank).reduce(0, +)
      var sum = try terms[0].to(.float32)
      for term in terms.dropFirst() { sum = try sum.add(term.to(.float32)) }

      let own = try somewhere(counts[rank])
      try context.world.reduceScatter(into: own, from: terms[rank], counts: counts).wait()
      let isSum = try own.equal(sum.to(dtype).narrow(dim: 0, start: offset, length: counts[rank]))
      try context.world.reduceScatter(into: own, from: terms[rank], counts: counts, op: .mean).wait()
      let mean = world == 2 ? try sum.mul(0.5) : try sum.mul(Double(Float(1) / 3))
      let isMean = try own.equal(mean.to(dtype).narrow(dim: 0, start: offset, length: counts[rank]))

      let all = try somewhere(total)
      try context.world.allGather(into: all, from: own, counts: counts).wait()
      let isWhole = try all.equal(mean.to(dtype))
      let given = try somewhere(total)
      _ = try given.copyInPlace( terms[rank])
      try context.world.broadcast(given, from: world - 1).wait()
      let isGiven = try given.equal(terms[world - 1])

      let sizes = counts.map { $0 / world }
      let kept = try terms[rank].narrow(dim: 0, start: 0, length: sizes[rank] * world)
      let swapped = try somewhere(sizes.reduce(0, +))
      try context.world.allToAll(
        into: swapped, from: kept, outputCounts: sizes, inputCounts: Array(repeating: sizes[rank], count: world)
      ).wait()
      let expected = try (0..<world).map {
        try terms[$0].narrow(dim: 0, start: sizes[$0] * rank, length: sizes[$0])
      }
      let isSwapped = try swapped.equal(Tensor.cat(expected))
      return [isSum, isMean, isWhole, isGiven, isSwapped]
    }
    #expect(results == Array(repeating: Array(repeating: true, count: 5), count: world))
  }

  @Test func `ten thousand small operations in a row keep their order`() async throws {
    let totals = try await Ranks.run(count: 3, timeout: .seconds(60), threadsPerRank: 1, transport: .sharedMemory) { context in
      let tensor = try Tensor.zeros([4])
      var pending: [Work] = []
      for step in 0..<10_000 {
        if step % 3 == 0 {
          try context.world.barrier()
        } else {
          let term = try Tensor.full([4], Double(step % 7))
          pending.append(try context.world.allReduce(term))
          if step % 5 == 0 {
            for work in pending { try work.wait() }
            pending = []
          }
          if step % 10 == 0 { _ = try tensor.addInPlace(term) }
        }
      }
      for work in pending { try work.wait() }
      return try tensor.array(of: Float.self)
    }
    let expected = (0..<10_000).filter { $0 % 3 != 0 && $0 % 10 == 0 }.reduce(0) { $0 + 3 * ($1 % 7) }
    for total in totals { #expect(total == Array(repeating: Float(expected), count: 4)) }
  }

  @Test func `an operation of one round ends though nobody waits for it`() async throws {
    let ended = try await Ranks.run(count: 2, timeout: .seconds(60), threadsPerRank: 1, transport: .sharedMemory) { context in
      let work = try context.world.allReduce(try Tensor.ones([8]))
      for _ in 0..<500 where !work.isCompleted { usleep(10_000) }
      return work.isCompleted
    }
    #expect(ended == [true, true])
  }

  @Test func `messages larger than a mailbox pass each other`() async throws {
    let received = try await Ranks.run(count: 2, timeout: .seconds(60), threadsPerRank: 1, transport: .sharedMemory) { context in
      let other = 1 - context.rank
      let count = 1_000_000
      let out = try Tensor.full([count], Double(context.rank + 1))
      let early = try Tensor.full([300_000], 7.0)
      let sends = [try context.world.send(early, to: other), try context.world.send(out, to: other)]
      let first = try Tensor.zeros([300_000])
      let second = try Tensor.zeros([count])
      let receives = [
        try context.world.receive(first, from: other), try context.world.receive(second, from: other),
      ]
      for work in sends + receives { try work.wait() }
      return (try first.sum().item(), try second.sum().item())
    }
    #expect(received.map(\.0) == [2_100_000, 2_100_000])
    #expect(received.map(\.1) == [2_000_000, 1_000_000])
  }
}
