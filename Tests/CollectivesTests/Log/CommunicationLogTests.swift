import Collectives
import Glibc
import TestSupport
import Testing
import Torch

@Suite(.tags(.ranks), .everyTransport, .timeLimit(.minutes(1)))
struct CommunicationLogTests {
  @Test func `the log counts operations by kind and size and times them`() async throws {
    let results = try await onRanks(2) { context in
      let group = context.world
      group.log(CommunicationLogOptions())
      for _ in 0..<3 { try group.allReduce(try Tensor.ones([1000]), label: "a").wait() }
      try group.allReduce(try Tensor.ones([10]), label: "b").wait()
      try group.broadcast(try Tensor.ones([10]), from: 0).wait()
      return group.logEntries
    }
    for entries in results {
      #expect(entries.map(\.name) == ["all-reduce", "all-reduce", "broadcast"])
      #expect(entries.map(\.byteCount) == [40, 4000, 40])
      #expect(entries.map(\.count) == [1, 3, 1])
      #expect(entries.allSatisfy { $0.totalLatency > .zero && $0.latencies.count == $0.count })
      #expect(entries.allSatisfy { $0.latencies.reduce(.zero, +) == $0.totalLatency })
    }
  }

  @Test func `latency is the operation's own time and not that until somebody waits for it`() async throws {
    let slowest = try await onRanks(2) { context in
      let group = context.world
      group.log(CommunicationLogOptions())
      let work = try group.allReduce(try Tensor.ones([10]))
      usleep(300_000)
      try work.wait()
      return group.logEntries[0].totalLatency
    }.min()
    #expect(try #require(slowest) < .milliseconds(250))
  }

  @Test func `chosen operations only, and labels where asked`() async throws {
    let entries = try await onRanks(2) { context in
      let group = context.world
      group.log(CommunicationLogOptions(operations: [.broadcast], includesLabels: true))
      try group.allReduce(try Tensor.ones([10])).wait()
      try group.broadcast(try Tensor.ones([10]), from: 0, label: "weights").wait()
      try group.broadcast(try Tensor.ones([10]), from: 0, label: "biases").wait()
      return group.logEntries
    }[0]
    #expect(entries.map(\.name) == ["broadcast of 'biases'", "broadcast of 'weights'"])
  }

  @Test func `every ended operation is shown`() async throws {
    let shown = try await onRanks(2) { context in
      let group = context.world
      var shown: [LoggedOperation] = []
      group.log(CommunicationLogOptions()) { shown.append($0) }
      try group.allReduce(try Tensor.ones([10]), label: "x").wait()
      try group.barrier(label: "y")
      group.log(nil)
      try group.barrier(label: "z")
      #expect(group.logEntries.isEmpty)
      return shown
    }[0]
    #expect(shown.map(\.record.label) == ["x", "y"])
  }

  @Test func `the rank that the others wait for has no straggling time`() async throws {
    let results = try await onRanks(2) { context in
      let group = context.world
      group.log(CommunicationLogOptions())
      // However slowly the ranks' threads came here, rank 0 begins first.
      if context.rank == 1 {
        try context.store.wait(for: "begun", timeout: .seconds(30))
        usleep(500_000)
      }
      let work = try group.allReduce(try Tensor.ones([10]))
      if context.rank == 0 { try context.store.set("begun", "") }
      try work.wait()
      let times = try group.stragglerTimes()
      #expect(group.logEntries.map(\.count) == [1])
      return times
    }
    #expect(results[0][0] > .milliseconds(100))
    #expect(results[1][0] == .zero)
  }

  @Test func `a log that is reset begins again`() async throws {
    let counts = try await onRanks(2) { context in
      context.world.log(CommunicationLogOptions())
      try context.world.barrier()
      context.world.resetLog()
      try context.world.allReduce(try Tensor.ones([1])).wait()
      return context.world.logEntries.map(\.name)
    }[0]
    #expect(counts == ["all-reduce"])
  }

  @Test func `bandwidths follow DeepSpeed's formulas`() async throws {
    let entries = try await onRanks(4) { context in
      let group = context.world
      group.log(CommunicationLogOptions())
      let whole = try Tensor.ones([1000])
      try group.allReduce(whole).wait()
      try group.allGather(into: whole, from: try Tensor.ones([250])).wait()
      try group.broadcast(whole, from: 0).wait()
      return group.logEntries
    }[0]
    // 4000 bytes in a millisecond are 32 Mbit/s.
    let bandwidths = Dictionary(
      uniqueKeysWithValues: entries.map {
        (
          $0.operation,
          [$0.algorithmBandwidth(latency: .milliseconds(1)), $0.busBandwidth(latency: .milliseconds(1))]
        )
      })
    let tolerance = Tolerance(relative: 1e-12, absolute: 0)
    expectClose(bandwidths[.allReduce] ?? [], [0.064, 0.048], tolerance)
    expectClose(bandwidths[.allGather] ?? [], [0.032, 0.024], tolerance)
    expectClose(bandwidths[.broadcast] ?? [], [0.032, 0.032], tolerance)
  }
}
