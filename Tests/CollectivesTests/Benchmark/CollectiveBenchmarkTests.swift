import Collectives
import TestSupport
import Testing
import Torch

@Suite(.tags(.ranks), .timeLimit(.minutes(2)))
struct CollectiveBenchmarkTests {
  @Test func `every operation is timed over every transport, with the bytes that it moves`() async throws {
    let results = try await onRanks(2) { context in
      let benchmark = CollectiveBenchmark(byteCounts: [4096, 1 << 20], trials: 2)
      var seen = 0
      let measurements = try benchmark.run(context) { _ in seen += 1 }
      return (measurements, seen)
    }
    let (measurements, seen) = results[0]
    #expect(seen == 20)
    #expect(measurements.count == 5 * 2 * 2)
    #expect(measurements.allSatisfy { $0.seconds.count == 2 && $0.medianSeconds > 0 })
    for measurement in measurements where measurement.byteCount == 1 << 20 {
      let half = 1 << 19
      switch measurement.operation {
      case .allReduce: #expect(measurement.sent.withinHost == 2 * half)
      case .broadcast: #expect(measurement.sent.withinHost == 1 << 20)
      default: #expect(measurement.sent.withinHost == half)
      }
    }
    #expect(Set(measurements.map(\.transport)) == [.gloo, .sharedMemory])
  }

  @Test func `what cannot be timed is refused`() async throws {
    await #expect(throws: RankFailure.self) {
      try await onRanks(2) { context in
        try CollectiveBenchmark(operations: [.barrier], byteCounts: [64], trials: 1).run(context).count
      }
    }
  }
}
