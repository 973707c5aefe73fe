import Collectives
import TestSupport
import Testing
import Torch

/// What a rank contributes in these tests: small whole numbers, which every type here holds exactly.
private func values(_ rank: Int, _ count: Int) -> [Float] {
  (0..<count).map { Float(($0 * 7 + rank * 13) % 11 - 5) }
}

private func contribution(_ rank: Int, _ count: Int, _ dtype: DType = .float32) throws -> Tensor {
  try Tensor(values(rank, count)).to(dtype)
}

/// The sums of all ranks' contributions.
private func sums(_ world: Int, _ count: Int) -> [Float] {
  (0..<world).map { values($0, count) }.reduce(Array(repeating: 0, count: count)) { sum, more in
    zip(sum, more).map { $0 + $1 }
  }
}

/// Every collective against plain computation, over numbers of ranks, types, and sizes on both sides of the
/// borders between algorithms and pieces.
@Suite(.everyTransport, .tags(.ranks), .timeLimit(.minutes(3)))
struct ProcessGroupTests {
  static let worlds = [1, 2, 3, 4, 8]
  static let dtypes: [DType] = [.float32, .bfloat16]
  /// Elements: none, one, few, odd, beyond the small all-reduce, and beyond several pieces of a megabyte.
  static let counts = [0, 1, 24, 1001, 20_000]

  @Test(arguments: worlds, dtypes)
  func `all-reduce sums the ranks' tensors on every rank`(world: Int, dtype: DType) async throws {
    let results = try await onRanks(world) { context in
      try Self.counts.map { count in
        let tensor = try contribution(context.rank, count, dtype)
        try context.world.allReduce(tensor).wait()
        return try tensor.array(of: Float.self)
      }
    }
    for (index, count) in Self.counts.enumerated() {
      let sum = sums(world, count)
      for result in results { #expect(result[index] == sum) }
    }
  }

  @Test(arguments: [(ReduceOperation.max, Float(3)), (.min, -2), (.product, -6), (.mean, 2.0 / 3.0)])
  func `all-reduce knows other reductions`(op: ReduceOperation, expected: Float) async throws {
    let results = try await onRanks(3) { context in
      let tensor = try Tensor([[Float(1), 3, -2][context.rank]])
      try context.world.allReduce(tensor, op: op).wait()
      return try tensor.array(of: Float.self)
    }
    for result in results { expectClose(result, [expected], .rounding(of: .float32)) }
  }

  @Test func `whole numbers and truth values are reduced too`() async throws {
    let results = try await onRanks(2) { context in
      let wide = try Tensor([1 << 40, context.rank])
      let flag = try Tensor([context.rank == 1, false])
      try context.world.allReduce(wide).wait()
      try context.world.allReduce(flag).wait()
      return (try wide.array(of: Int.self), try flag.array(of: Bool.self))
    }
    for result in results {
      #expect(result.0 == [1 << 41, 1])
      #expect(result.1 == [true, false])
    }
  }

  @Test func `NaN on one rank is NaN on all, also in a maximum`() async throws {
    let results = try await onRanks(3) { context in
      try [ReduceOperation.sum, .max, .min].map { op in
        let tensor = try Tensor([context.rank == 1 ? Float.nan : 1])
        try context.world.allReduce(tensor, op: op).wait()
        return try tensor.item().isNaN
      }
    }
    for result in results { #expect(result == [true, true, true]) }
  }

  @Test(arguments: worlds, dtypes)
  func `reduce-scatter gives every rank its part of the sum`(world: Int, dtype: DType) async throws {
    let results = try await onRanks(world) { context in
      let input = try contribution(context.rank, 600 * world, dtype)
      let output = try Tensor.zeros([600], dtype: dtype)
      try context.world.reduceScatter(into: output, from: input).wait()
      return (try output.array(of: Float.self), try input.array(of: Float.self))
    }
    for (rank, result) in results.enumerated() {
      let sum = Array(sums(world, 600 * world)[rank * 600..<(rank + 1) * 600])
      #expect(result.0 == sum)
      #expect(result.1 == values(rank, 600 * world))
    }
  }

  @Test func `a reduce-scatter of many pieces may write into its own input`() async throws {
    let count = 1_500_000
    let results = try await onRanks(2) { context in
      let input = try Tensor.full([2 * count], Double(context.rank + 1))
      try input.narrow(dim: 0, start: count, length: count).mulInPlace(10)
      let own = try input.narrow(dim: 0, start: context.rank * count, length: count)
      try context.world.reduceScatter(into: own, from: input).wait()
      return try [own.min().item(), own.max().item()]
    }
    #expect(results == [[3, 3], [30, 30]])
  }

  @Test func `half precision is summed in f32 and rounded once`() async throws {
    // 256 + 1 + 1 + 1: bfloat16 has 8 bits, so that adding one by one stays at 256, while 259 rounds to 260.
    let results = try await onRanks(4) { context in
      let small = try Tensor.full([8], context.rank == 0 ? 256 : 1, dtype: .bfloat16)
      let large = try Tensor.full([65_536], context.rank == 0 ? 256 : 1, dtype: .bfloat16)
      let part = try Tensor.zeros([2], dtype: .bfloat16)
      try context.world.reduceScatter(into: part, from: small).wait()
      try context.world.allReduce(small).wait()
      try context.world.allReduce(large).wait()
      return try [part.max().item(), small.max().item(), large.min().item(), large.max().item()]
    }
    for result in results { #expect(result == [260, 260, 260, 260]) }
  }

  @Test(arguments: worlds, dtypes)
  func `all-gather joins the parts in order of rank`(world: Int, dtype: DType) async throws {
    let results = try await onRanks(world) { context in
      let output = try Tensor.zeros([33 * world], dtype: dtype)
      try context.world.allGather(into: output, from: try contribution(context.rank, 33, dtype)).wait()
      return try output.array(of: Float.self)
    }
    let joined: [Float] = (0..<world).flatMap { values($0, 33) }
    for result in results { #expect(result == joined) }
  }

  @Test(arguments: [2, 3, 4])
  func `parts may be of different size, even empty`(world: Int) async throws {
    let counts = Array([3, 0, 5, 1].prefix(world))
    let total = counts.reduce(0, +)
    let results = try await onRanks(world) { context in
      let own = try contribution(context.rank, counts[context.rank])
      let gathered = try Tensor.zeros([total])
      try context.world.allGather(into: gathered, from: own, counts: counts).wait()
      let part = try Tensor.zeros([counts[context.rank]])
      try context.world.reduceScatter(into: part, from: try Tensor.ones([total]), counts: counts).wait()
      return (try gathered.array(of: Float.self), try part.array(of: Float.self))
    }
    for (rank, result) in results.enumerated() {
      let joined: [Float] = (0..<world).flatMap { values($0, counts[$0]) }
      #expect(result.0 == joined)
      #expect(result.1 == [Float](repeating: Float(world), count: counts[rank]))
    }
  }

  @Test(arguments: worlds, [1, 5000, 300_000])
  func `broadcast replaces every tensor by the root's`(world: Int, count: Int) async throws {
    let root = world - 1
    let results = try await onRanks(world) { context in
      let tensor = try contribution(context.rank, count, .bfloat16)
      try context.world.broadcast(tensor, from: root).wait()
      return try tensor.array(of: Float.self) == values(root, count)
    }
    #expect(results.allSatisfy { $0 })
  }

  @Test(arguments: worlds)
  func `reduce gives the sum to the root and leaves the others alone`(world: Int) async throws {
    let results = try await onRanks(world) { context in
      let tensor = try contribution(context.rank, 70)
      try context.world.reduce(tensor, to: 0).wait()
      return try tensor.array(of: Float.self)
    }
    #expect(results[0] == sums(world, 70))
    for rank in 1..<max(world, 1) where rank < world { #expect(results[rank] == values(rank, 70)) }
  }

  @Test(arguments: worlds)
  func `all-to-all exchanges parts, of different sizes where asked`(world: Int) async throws {
    let results = try await onRanks(world) { context in
      let even = try Tensor.zeros([2 * world])
      let input = try Tensor((0..<world).flatMap { [Float(context.rank), Float($0)] })
      try context.world.allToAll(into: even, from: input).wait()
      // Rank r sends r + t elements of value r to rank t.
      let inputCounts = (0..<world).map { context.rank + $0 }
      let uneven = try Tensor.zeros([inputCounts.reduce(0, +)])
      try context.world.allToAll(
        into: uneven, from: try Tensor.full([inputCounts.reduce(0, +)], Double(context.rank)),
        outputCounts: inputCounts, inputCounts: inputCounts
      ).wait()
      return (try even.array(of: Float.self), try uneven.array(of: Float.self))
    }
    for (rank, result) in results.enumerated() {
      let even: [Float] = (0..<world).flatMap { [Float($0), Float(rank)] }
      let uneven: [Float] = (0..<world).flatMap { Array(repeating: Float($0), count: rank + $0) }
      #expect(result.0 == even)
      #expect(result.1 == uneven)
    }
  }

  @Test func `sends arrive in order, and channels are independent`() async throws {
    let results = try await onRanks(2) { context -> [Double] in
      let group = context.world
      if context.rank == 0 {
        let works = try [1.0, 2, 3].map { try group.send(try Tensor.full([4], $0), to: 1) }
        try group.send(try Tensor.full([4], 9.0), to: 1, channel: 5).wait()
        for work in works { try work.wait() }
        return []
      }
      let other = try Tensor.zeros([4])
      try group.receive(other, from: 0, channel: 5).wait()
      let received = try (0..<3).map { _ in try Tensor.zeros([4]) }
      for tensor in received { try group.receive(tensor, from: 0).wait() }
      return try [other.item(at: 0)] + received.map { try $0.item(at: 3) }
    }
    #expect(results[1] == [9, 1, 2, 3])
  }

  @Test func `a receive that waits does not hold up collectives`() async throws {
    let results = try await onRanks(2) { context in
      let group = context.world
      let large = try Tensor.ones([100_000])
      if context.rank == 0 {
        let tensor = try Tensor.zeros([1])
        let receive = try group.receive(tensor, from: 1)
        let sum = try group.allReduce(large)
        try receive.wait()
        try sum.wait()
        return try tensor.item()
      }
      try group.allReduce(large).wait()
      try group.send(try Tensor([Float(7)]), to: 0).wait()
      return try large.item(at: 0)
    }
    #expect(results == [7, 2])
  }

  @Test func `several operations are under way at the same time and end in any order`() async throws {
    let results = try await onRanks(3) { context in
      let tensors = try (0..<12).map { try Tensor.full([30_000], Double($0 + context.rank)) }
      let works = try tensors.map { try context.world.allReduce($0, label: "overlap") }
      for work in works.reversed() { try work.wait() }
      return try tensors.map { try $0.item(at: 29_999) }
    }
    let expected: [Double] = (0..<12).map { Double(3 * $0 + 3) }
    for result in results { #expect(result == expected) }
  }

  @Test func `an operation ends in the background, without anybody who waits`() async throws {
    let results = try await onRanks(2) { context in
      let work = try context.world.allReduce(try Tensor.ones([100_000]))
      let start = ContinuousClock.now
      while !work.isCompleted, start.duration(to: .now) < .seconds(20) {}
      return work.isCompleted && work.error == nil
    }
    #expect(results == [true, true])
  }

  @Test func `bytes of any length reach every rank`() async throws {
    let results = try await onRanks(3) { context in
      let own = [UInt8](repeating: UInt8(context.rank), count: context.rank * 3)
      let root = try context.world.broadcast(bytes: context.rank == 1 ? [4, 5] : [], from: 1)
      return (try context.world.allGather(bytes: own, label: "names"), root)
    }
    for result in results {
      #expect(result.0 == [[], [1, 1, 1], [2, 2, 2, 2, 2, 2]])
      #expect(result.1 == [4, 5])
    }
  }

  @Test func `groups of some ranks work beside each other and the world`() async throws {
    let results = try await onRanks(4) { context in
      let row = try context.makeGroup(of: context.rank < 2 ? [0, 1] : [2, 3])
      let none = try context.makeGroup(of: [(context.rank + 1) % 4])
      #expect(none == nil)
      let tensor = try Tensor([Float(context.rank)])
      try row?.allReduce(tensor).wait()
      try context.world.allReduce(tensor).wait()
      return try (tensor.item(), row?.rank ?? -1)
    }
    #expect(results.map(\.0) == [12, 12, 12, 12])
    #expect(results.map(\.1) == [0, 1, 0, 1])
  }

  @Test func `a group's order of ranks is that of its members`() async throws {
    let results = try await onRanks(2) { context in
      let group = try context.makeGroup(of: [1, 0], name: "turned")
      let all = try Tensor.zeros([2])
      try group?.allGather(into: all, from: try Tensor([Float(context.rank)])).wait()
      return try all.array(of: Float.self)
    }
    #expect(results == [[1, 0], [1, 0]])
  }
}

extension Tensor {
  fileprivate func item(at index: Int) throws -> Double { try select(dim: 0, index: index).item() }
}
