import Collectives
import Foundation
import TestSupport
import Testing
import Torch

/// Ranks as threads of one process.
@Suite(.tags(.ranks), .timeLimit(.minutes(1)))
struct RanksTests {
  private struct Odd: Error, Equatable {
    let rank: Int
  }

  @Test func `results come in order of rank`() throws {
    let results = try Ranks.run(count: 5, threadsPerRank: 1) { context in
      "\(context.rank) of \(context.worldSize), local \(context.localRank)"
    }
    #expect(results == (0..<5).map { "\($0) of 5, local \($0)" })
  }

  @Test func `a rank uses as many threads as it is given, also when its process has several`() async throws {
    let counts = try await Ranks.run(count: 2, threadsPerRank: 3) { context in
      try context.world.barrier()
      return Torch.threadCount
    }
    #expect(counts == [3, 3])
  }

  @Test func `the first error is thrown with its rank, and those that follow from it are not`() async throws {
    let failure = await #expect(throws: RankFailure.self) {
      try await onRanks(3) { context in
        if context.rank == 1 { throw Odd(rank: 1) }
        try context.world.barrier(label: "never complete")
      }
    }
    #expect(failure?.rank == 1)
    #expect(failure?.error as? Odd == Odd(rank: 1))
  }

  @Test func `a rank that fails before it has joined ends the others too`() async throws {
    let failure = await #expect(throws: RankFailure.self) {
      try await onRanks(2) { context in
        if context.rank == 0 { throw Odd(rank: 0) }
        _ = try context.makeGroup(of: [1, 0], name: "later")
      }
    }
    #expect(failure?.error as? Odd == Odd(rank: 0))
  }

  @Test func `many worlds may live in one process one after the other, and their threads end`() async throws {
    for _ in 0..<80 {
      let sums = try await onRanks(2) { context in
        let tensor = try Tensor([Float(1)])
        try context.world.allReduce(tensor).wait()
        return try tensor.item()
      }
      #expect(sums == [2, 2])
    }
    // Each rank has three threads besides its own, so that 480 would be left; tests beside this one have some too.
    let start = ContinuousClock.now
    while try threadCountOfProcess() > 400, start.duration(to: .now) < .seconds(10) {}
    #expect(try threadCountOfProcess() <= 400)
  }

  private func threadCountOfProcess() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Threads:") })
    return try #require(Int(line.drop { !$0.isNumber }))
  }
}
