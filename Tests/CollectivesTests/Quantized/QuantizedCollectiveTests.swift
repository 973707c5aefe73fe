import Collectives
import TestSupport
import Testing
import Torch

/// Runs a function on thread ranks of several hosts, with their grid.
private func onGrid<Value: Sendable>(
  hosts: Int, ranks: Int, body: @escaping @Sendable (RankContext, GridGroups) throws -> Value
) async throws -> [Value] {
  try await Ranks.run(count: hosts * ranks, timeout: .seconds(60), threadsPerRank: 1, ranksPerHost: ranks) { context in
    try body(context, try context.world.makeGroups(in: try RankGrid(hosts: context.hosts)))
  }
}

/// N(0, 1) numbers that depend on the rank.
private func normal(_ rank: Int, _ count: Int) throws -> Tensor {
  try Tensor.randn([count], generator: try Generator(seed: UInt64(100 + rank)))
}

/// The relative RMS distance of numbers from others.
private func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
  let lost = zip(actual, expected).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
  return (lost / expected.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}

@Suite(.tags(.ranks), .timeLimit(.minutes(3)))
struct QuantizedCollectiveTests {
  @Test(arguments: [(2, 2), (4, 2), (1, 3), (3, 1)], [1, 7, 1000, 50_001])
  func `with values that are multiples of the scale the two hops give the plain sum bit for bit`(
    shape: (Int, Int), count: Int
  ) async throws {
    let (hosts, ranks) = shape
    let world = hosts * ranks
    // Every group's largest magnitude is 7 before the first hop; all but one rank add zeros to it later.
    let results = try await onGrid(hosts: hosts, ranks: ranks) { context, groups in
      let values = (0..<count).map { index -> Float in
        context.rank == 0 ? Float((index * 5) % 15 - 7) * 0.25 : 0
      }
      let reduction = QuantizedReduction(groups: groups)
      let length = reduction.pieceLength(of: count)
      let output = try Tensor.full([length], 9.0)
      try reduction.begin(into: output, from: try Tensor(values, shape: [count]), name: "g").wait()
      let padded = try Tensor(values + Array(repeating: 0, count: length * world - count))
      let plain = try Tensor.zeros([length])
      try context.world.reduceScatter(into: plain, from: padded).wait()
      return (try output.array(of: Float.self), try plain.array(of: Float.self))
    }
    for (output, plain) in results where plain.contains(where: { abs($0) == 1.75 }) || plain.allSatisfy({ $0 == 0 }) {
      #expect(output == plain)
    }
  }

  @Test func `the two hops' error is under a third of a ring's that quantises at every hop`() async throws {
    let (world, length) = (16, 4096)
    let results = try await onGrid(hosts: 4, ranks: 4) { context, groups in
      let output = try Tensor.zeros([length])
      let reduction = QuantizedReduction(groups: groups)
      try reduction.begin(into: output, from: try normal(context.rank, world * length), isMean: true, name: "g").wait()
      return try output.array(of: Float.self)
    }
    let all = try (0..<world).map { try normal($0, world * length).array(of: Float.self) }
    let mean = (0..<world * length).map { index in all.reduce(Float(0)) { $0 + $1[index] } / Float(world) }
    // Piece p travels from rank p + 1 around to rank p; each rank adds its own part to what it dequantises.
    let format = BlockFormat.gradients
    var ring: [Float] = []
    for piece in 0..<world {
      let range = piece * length..<(piece + 1) * length
      let sum = try Tensor(Array(all[(piece + 1) % world][range]))
      for step in 2...world {
        try format.read(try format.blocks(of: sum), into: sum)
        try sum.addInPlace(try Tensor(Array(all[(piece + step) % world][range])))
      }
      ring += try sum.divInPlace(Double(world)).array(of: Float.self)
    }
    let ours = relativeError(results.flatMap { $0 }, mean)
    let theirs = relativeError(ring, mean)
    // As mean squares. With equal groups theory gives (16 + 16) / (1 + 2 + ... + 15) = 0.27.
    #expect(ours * ours < theirs * theirs / 3)
    #expect(ours > 0.05 && ours < 0.3)
  }

  @Test func `gathered weights are those that their blocks hold, the same on every rank`() async throws {
    let count = 5000
    for dtype in [DType.float32, .bfloat16] {
      let results = try await onGrid(hosts: 2, ranks: 2) { context, groups in
        let own = try normal(context.rank, count).to(dtype)
        let output = try Tensor.zeros([4 * count], dtype: dtype)
        try groups.whole.allGatherQuantized(into: output, from: own).wait()
        return (try output.array(of: Float.self), try own.array(of: Float.self))
      }
      let whole = results.flatMap(\.1)
      for (output, _) in results {
        #expect(output == results[0].0)
        #expect(relativeError(output, whole) < 0.01)
      }
      #expect(results[0].0 != whole)
    }
  }

  @Test func `a ZeRO++ step moves at most 0.755 M between hosts where ZeRO-3 moves 3 M`() async throws {
    let (hosts, ranks, count) = (4, 2, 8 * 100_000)
    let sent = try await onGrid(hosts: hosts, ranks: ranks) { context, groups in
      let whole = try Tensor.zeros([count], dtype: .bfloat16)
      let part = try Tensor.zeros([count / context.worldSize], dtype: .bfloat16)
      let start = groups.whole.sent
      try groups.whole.allGather(into: whole, from: part).wait()
      try groups.whole.allGather(into: whole, from: part).wait()
      try groups.whole.reduceScatter(into: part, from: whole).wait()
      let plain = (groups.whole.sent - start).betweenHosts
      let before = groups.whole.sent
      try groups.whole.allGatherQuantized(into: whole, from: part).wait()
      let gathered = (groups.whole.sent - before).betweenHosts
      // hpZ: the second gather stays in the row.
      let secondary = try whole.narrow(dim: 0, start: groups.row.rank * count / ranks, length: count / ranks)
      try groups.row.allGather(into: whole, from: secondary).wait()
      try QuantizedReduction(groups: groups).begin(into: part, from: whole, name: "g").wait()
      #expect(groups.row.sent.betweenHosts == 0)
      return (plain, gathered, groups.column.sent.betweenHosts)
    }
    // M is the parameters' bytes; of what all ranks of a host send, (q - 1) / q crosses.
    let crossing = Double(2 * count * (hosts - 1))
    let plain = Double(sent.map(\.0).reduce(0, +)) / crossing
    let gathered = Double(sent.map(\.1).reduce(0, +)) / crossing
    let reduced = Double(sent.map(\.2).reduce(0, +)) / crossing
    #expect(plain == 3)
    #expect(gathered > 0.5 && gathered < 0.502)
    #expect(reduced > 0.25 && reduced < 0.252)
    #expect(gathered + reduced < 0.755)
  }

  @Test func `with error feedback the sum of many reductions comes close to the true one`() async throws {
    let (count, steps) = (4096, 60)
    let results = try await onGrid(hosts: 2, ranks: 2) { context, groups in
      let gradient = try normal(context.rank, count)
      let total = try Tensor.zeros([count])
      try context.world.allReduce(try total.addInPlace(gradient)).wait()
      let own = try total.narrow(dim: 0, start: context.rank * 1024, length: 1024).array(of: Float.self)
      let errors = try [nil, QuantizedReduction.ErrorFeedback()].map { feedback in
        let reduction = QuantizedReduction(groups: groups, feedback: feedback)
        let sum = try Tensor.zeros([1024])
        for _ in 0..<steps {
          let output = try Tensor.zeros([1024])
          try reduction.begin(into: output, from: gradient, name: "g").wait()
          try sum.addInPlace(output)
        }
        return relativeError(try sum.divInPlace(Double(steps)).array(of: Float.self), own)
      }
      return errors
    }
    for errors in results { #expect(errors[1] < errors[0] / 3) }
  }

  @Test(arguments: [nil, QuantizedReduction.ErrorFeedback()])
  func `tensors that travel together come to the same values in one message a hop`(
    feedback: QuantizedReduction.ErrorFeedback?
  ) async throws {
    let (counts, steps) = ([5000, 1, 8191, 40], 3)
    let results = try await onGrid(hosts: 3, ranks: 2) { context, groups in
      func hops() -> [Int] { [groups.row, groups.column].map { $0.counts[.allToAll]?.callCount ?? 0 } }
      func outputs(_ items: [QuantizedReduction.Item]) throws -> [[Float]] {
        try items.map { try $0.output.array(of: Float.self) }
      }
      let (alone, together) = (
        QuantizedReduction(groups: groups, feedback: feedback), QuantizedReduction(groups: groups, feedback: feedback)
      )
      for step in 0..<steps {
        func items() throws -> [QuantizedReduction.Item] {
          try counts.enumerated().map { index, count in
            QuantizedReduction.Item(
              output: try Tensor.full([alone.pieceLength(of: count)], 9.0),
              input: try normal(context.rank + 10 * step, count), name: "gradient \(index)")
          }
        }
        let (before, expected, actual) = (hops(), try items(), try items())
        for item in expected { try alone.begin([item]).wait() }
        let between = hops()
        let work = try together.begin(actual)
        while try !work.advance() {}
        try work.wait()
        #expect(zip(between, before).allSatisfy { $0 - $1 == counts.count })
        #expect(zip(hops(), between).allSatisfy { $0 - $1 == 1 })
        #expect(try outputs(actual) == outputs(expected))
      }
      return together.errorByteCount == alone.errorByteCount && (together.errorByteCount > 0) == (feedback != nil)
    }
    #expect(results.allSatisfy { $0 })
  }

  @Test func `parts that are gathered together come to the same values in one message`() async throws {
    let results = try await onGrid(hosts: 2, ranks: 2) { context, groups in
      let own = try [3000, 7, 2049].map { try normal(context.rank, $0).to(.bfloat16) }
      let outputs = try (0..<2).map { _ in
        try own.map { try Tensor.zeros([4 * $0.elementCount], dtype: .bfloat16) }
      }
      for (output, part) in zip(outputs[0], own) { try groups.whole.allGatherQuantized(into: output, from: part).wait() }
      let before = groups.whole.counts[.allGather]?.callCount ?? 0
      try groups.whole.allGatherQuantized(into: outputs[1], from: own).wait()
      #expect((groups.whole.counts[.allGather]?.callCount ?? 0) == before + 1)
      return try outputs.map { try $0.map { try $0.array(of: Float.self) } }
    }
    for result in results { #expect(result[0] == result[1] && result[0] == results[0][0]) }
  }

  @Test func `errors are kept for each tensor, forgotten in time, and scaled`() async throws {
    let results = try await onGrid(hosts: 2, ranks: 1) { context, groups in
      func outputs(_ reduction: QuantizedReduction, _ steps: Int, between: (Int) -> Void = { _ in }) throws -> [[Float]] {
        try (0..<steps).map { step in
          between(step)
          let output = try Tensor.zeros([500])
          try reduction.begin(into: output, from: try normal(context.rank, 1000), name: "g").wait()
          return try output.array(of: Float.self)
        }
      }
      let plain = try outputs(QuantizedReduction(groups: groups), 1)[0]
      let kept = QuantizedReduction(groups: groups, feedback: .init(resetInterval: 2))
      #expect(kept.errorByteCount == 0)
      let fed = try outputs(kept, 4)
      // The first and, after two more, the fourth begin without errors.
      #expect(fed[0] == plain && fed[1] != plain && fed[2] != plain && fed[3] == plain)
      #expect(kept.errorByteCount == 4 * (4 + 500))
      let forgetful = QuantizedReduction(groups: groups, feedback: .init())
      #expect(try outputs(forgetful, 2) { _ in forgetful.forgetErrors() }[1] == plain)
      let zeroed = QuantizedReduction(groups: groups, feedback: .init())
      #expect(try outputs(zeroed, 2) { _ in zeroed.scaleErrors(by: 0) }[1] == plain)
      return true
    }
    #expect(results == [true, true])
  }

  @Test func `an overflow on one rank is seen by whoever receives it`() async throws {
    let results = try await onGrid(hosts: 2, ranks: 2) { context, groups in
      let gradient = try Tensor.ones([4000], dtype: .bfloat16)
      if context.rank == 3 { try gradient.narrow(dim: 0, start: 10, length: 1).fillInPlace(Double.infinity) }
      let output = try Tensor.zeros([1000])
      try QuantizedReduction(groups: groups).begin(into: output, from: gradient, name: "g").wait()
      return try output.sum().item()
    }
    #expect(results[0].isNaN)
    for rank in 1..<4 { #expect(results[rank] == 4000) }
  }

  @Test func `tensors that do not fit are refused`() throws {
    let group = try RankContext.single().world
    let whole = try Tensor.zeros([8])
    #expect(throws: CollectiveError.self) {
      try group.allGatherQuantized(into: try Tensor.zeros([8], dtype: .int64), from: whole)
    }
    #expect(throws: CollectiveError.self) { try group.allGatherQuantized(into: whole, from: try Tensor.zeros([9])) }
    #expect(throws: CollectiveError.self) { try BlockFormat.weights.read(try Tensor.zeros([4]), into: whole) }
  }
}

struct RankGridTests {
  @Test func `rows are consecutive ranks, columns those of the same place`() throws {
    let grid = try RankGrid(rankCount: 8, rowLength: 2)
    #expect(grid.rows == [[0, 1], [2, 3], [4, 5], [6, 7]])
    #expect(grid.row(of: 5) == [4, 5] && grid.column(of: 5) == [1, 3, 5, 7])
    let whole = try RankGrid(rankCount: 4, rowLength: 4)
    #expect(whole.row(of: 2) == [0, 1, 2, 3] && whole.column(of: 2) == [2])
  }

  @Test func `rows may be hosts, also of ranks that lie apart`() throws {
    let grid = try RankGrid(hosts: HostPlacement(hostNames: ["a", "b", "a", "b"]))
    #expect(grid.rows == [[0, 2], [1, 3]])
    #expect(grid.column(of: 3) == [2, 3])
  }

  @Test func `what does not divide is refused with the numbers`() {
    let uneven = #expect(throws: CollectiveError.self) { try RankGrid(rankCount: 8, rowLength: 3) }
    #expect("\(uneven.map { "\($0)" } ?? "")".contains("8 ranks do not divide into groups of 3"))
    let hosts = #expect(throws: CollectiveError.self) {
      try RankGrid(hosts: HostPlacement(rankCount: 3, ranksPerHost: 2))
    }
    #expect("\(hosts.map { "\($0)" } ?? "")".contains("2, 1"))
  }
}
