import TestSupport
import Testing

@testable import ZeRO

struct OffloadBenchmarkTests {
  @Test func `every kind of work is timed, again and again`() throws {
    let folder = try TemporaryFolder()
    let benchmark = try OffloadBenchmark(
      elementCount: 10_000,
      settings: FileTierSettings(folder: folder.path("nvme"), pipelinesReads: true, subGroupSize: 3000))
    #expect(benchmark.byteCount == 120_000)
    for _ in 0..<2 {
      for work in OffloadBenchmark.Work.allCases { #expect(try benchmark.time(work) > 0) }
    }
  }
}
