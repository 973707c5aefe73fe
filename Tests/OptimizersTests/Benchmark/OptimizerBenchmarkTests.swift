import Testing

@testable import Optimizers

struct OptimizerBenchmarkTests {
  @Test func `every candidate takes time, and steps are counted`() throws {
    let benchmark = try OptimizerBenchmark(elementCount: 10_000)
    for candidate in OptimizerBenchmark.Candidate.allCases {
      #expect(try benchmark.time(candidate) > 0)
    }
    #expect(OptimizerBenchmark.Candidate.allCases.map(\.byteCount) == [12, 28, 28])
    #expect(["AVX-512", "AVX2", "portable"].contains(benchmark.level))
  }
}
