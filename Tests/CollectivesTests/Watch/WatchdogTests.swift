import Collectives
import Glibc
import TestSupport
import Testing
import Torch

/// Ranks that do not agree, fail or vanish: nobody hangs, and the message names who and where.
@Suite(.everyTransport, .tags(.ranks), .timeLimit(.minutes(2)))
struct WatchdogTests {
  private struct Odd: Error, CustomStringConvertible {
    let description: String
  }

  /// What each rank ended with; nil where it ended well.
  private func outcomes(
    _ world: Int, timeout: Duration, _ body: @escaping @Sendable (RankContext) throws -> Void
  ) async throws -> [CollectiveError?] {
    try await onRanks(world, timeout: timeout) { context in
      do {
        try body(context)
        return nil
      } catch let error as CollectiveError {
        // Stays until the others have asked.
        usleep(1_000_000)
        return error
      }
    }
  }

  @Test func `a rank that does not come is named with its last operation`() async throws {
    let outcomes = try await outcomes(3, timeout: .seconds(1)) { context in
      try context.world.allReduce(try Tensor.ones([1]), label: "loss").wait()
      if context.rank == 2 {
        usleep(3_000_000)
        return
      }
      try context.world.allGather(into: try Tensor.zeros([3]), from: try Tensor.ones([1]), label: "layers.7")
        .wait()
    }
    let text = outcomes.compactMap { $0 }.map { "\($0)" }.joined(separator: "\n")
    #expect(outcomes[2] == nil)
    #expect(text.contains("in the all-gather #2 of 'layers.7' (12 bytes float32) of group 'world'"))
    #expect(
      text.contains(
        "rank 2 has not arrived, its last operation was the all-reduce #1 of 'loss' (4 bytes float32)"),
      "\(text)")
    #expect(outcomes.contains { if case .timedOut = $0 { true } else { false } })
  }

  @Test func `ranks in different operations are named with what they do`() async throws {
    let start = ContinuousClock.now
    let outcomes = try await outcomes(2, timeout: .seconds(40)) { context in
      let whole = try Tensor.ones([1024])
      let part = try Tensor.ones([512])
      if context.rank == 0 {
        try context.world.allGather(into: whole, from: part, label: "layers.7").wait()
      } else {
        try context.world.reduceScatter(into: part, from: whole, label: "layers.9").wait()
      }
    }
    let text = outcomes.compactMap { $0 }.map { "\($0)" }.joined(separator: "\n")
    #expect(text.contains("the ranks do different things"), "\(text)")
    #expect(text.contains("all-gather #1 of 'layers.7' (4096 bytes float32)"))
    #expect(text.contains("reduce-scatter #1 of 'layers.9' (4096 bytes float32)"))
    // A contradiction is found by comparing early, not at the timeout.
    #expect(start.duration(to: .now) < .seconds(39))
  }

  @Test(arguments: ["size", "label"])
  func `the same operation of another size or label does not mix data`(difference: String) async throws {
    let outcomes = try await outcomes(2, timeout: .seconds(2)) { context in
      let count = difference == "size" ? 10 + context.rank : 10
      let label = difference == "label" ? "layers.\(context.rank)" : "layers"
      try context.world.allReduce(try Tensor.ones([count]), label: label).wait()
    }
    #expect(outcomes.contains { if case .mismatch = $0 { true } else { false } }, "\(outcomes)")
    #expect(outcomes.allSatisfy { $0 != nil })
  }

  @Test func `a rank that throws ends the others at once, and its error is the one that is thrown`()
    async throws
  {
    let start = ContinuousClock.now
    let failure = await #expect(throws: RankFailure.self) {
      _ = try await onRanks(4, timeout: .seconds(60)) { context in
        try context.world.barrier(label: "start")
        if context.rank == 2 { throw Odd(description: "layer 3 has a NaN") }
        try context.world.allReduce(try Tensor.ones([1000])).wait()
      }
    }
    #expect(failure?.rank == 2)
    #expect(failure.map { "\($0)" } == "rank 2: layer 3 has a NaN")
    #expect(start.duration(to: .now) < .seconds(10))
  }

  @Test func `the others learn why a rank failed`() async throws {
    let outcomes = try await outcomes(3, timeout: .seconds(60)) { context in
      if context.rank == 1 {
        context.abort(reason: "out of memory in layer 5")
        return
      }
      try context.world.barrier(label: "end of step")
    }
    for rank in [0, 2] {
      guard case .rankFailed(rank: 1, reason: "out of memory in layer 5") = outcomes[rank] else {
        Issue.record("rank \(rank) ended with \(String(describing: outcomes[rank]))")
        continue
      }
    }
  }

  @Test func `after a failure no operation begins`() async throws {
    let outcomes = try await outcomes(2, timeout: .seconds(60)) { context in
      if context.rank == 1 {
        context.abort(reason: "done")
        return
      }
      #expect(throws: CollectiveError.self) { try context.world.barrier() }
      try context.world.barrier()
    }
    guard case .rankFailed = outcomes[0] else {
      Issue.record("rank 0 ended with \(String(describing: outcomes[0]))")
      return
    }
  }

  @Test func `waiting may be bounded without ending the operation`() async throws {
    let results = try await onRanks(2) { context in
      if context.rank == 1 { usleep(400_000) }
      let tensor = try Tensor.ones([1])
      let work = try context.world.allReduce(tensor)
      let early = context.rank == 0 ? try work.wait(atMost: .milliseconds(50)) : true
      try work.wait()
      return (early, try tensor.item())
    }
    #expect(results[0].0 == false)
    #expect(results.map(\.1) == [2, 2])
  }

  @Test func `a member that does not come to the making of a group is named`() async throws {
    let outcomes = try await outcomes(3, timeout: .seconds(1)) { context in
      if context.rank == 1 {
        usleep(2_500_000)
        return
      }
      _ = try context.makeGroup(of: [0, 1, 2], name: "tensor parallel")
    }
    let text = outcomes.compactMap { $0 }.map { "\($0)" }.joined(separator: "\n")
    #expect(text.contains("rank 1 did not come to the group 'tensor parallel' within 1.0 s"), "\(text)")
  }

  @Test func `arguments that do not fit are refused before anything is sent`() async throws {
    let results = try await onRanks(2) { context in
      let group = context.world
      var texts: [String] = []
      func note(_ body: () throws -> Void) {
        do { try body() } catch { texts.append("\(error)") }
      }
      note { try group.reduceScatter(into: try Tensor.ones([2]), from: try Tensor.ones([5])).wait() }
      note { try group.allGather(into: try Tensor.ones([4]), from: try Tensor.ones([3])).wait() }
      note {
        try group.allGather(into: try Tensor.ones([4]), from: try Tensor.ones([2], dtype: .int32)).wait()
      }
      note { try group.broadcast(try Tensor.ones([4]), from: 2).wait() }
      note { try group.send(try Tensor.ones([4]), to: context.rank).wait() }
      note { try group.allReduce(try Tensor.ones([4, 4]).t().narrow(dim: 0, start: 0, length: 2)).wait() }
      note { try group.allReduce(try Tensor.ones([4], dtype: .int64), op: .mean).wait() }
      note { _ = try context.makeGroup(of: [0, 0]) }
      return texts
    }
    let expected = [
      "5 elements, which 2 ranks cannot share evenly", "3 elements where the parts of the ranks need 2",
      "the output is of Float, the input of Int", "rank 2 is not in the group 'world'", "is this rank itself",
      "must be contiguous", "needs floating point", "must differ",
    ]
    for result in results {
      #expect(result.count == expected.count)
      for (text, part) in zip(result, expected) { #expect(text.contains(part)) }
    }
  }
}
