import AsyncFiles
import Testing
import TestSupport
import Torch

@Suite("Benchmark of files")
struct AsyncFileBenchmarkTests {
  let folder = try! TemporaryFolder()

  @Test("Timed transfers keep the bytes, and a byte that changed is found")
  func validates() throws {
    let path = folder.path("bench")
    let benchmark = try AsyncFileBenchmark(path: path, byteCount: 100_001)
    let handle = try AsyncFileHandle(AsyncFileSettings(blockSize: 16_384))
    for direction in AsyncFileBenchmark.Direction.allCases {
      #expect(try benchmark.time(direction, with: handle) > 0)
    }
    #expect(try benchmark.firstDifference(readBy: handle) == nil)
    let one = try Tensor.zeros([1], dtype: .uint8)
    try handle.read(into: one, from: benchmark.file, offset: 77_777)
    try handle.write(try Tensor([UInt8(try one.array(of: UInt8.self)[0] ^ 1)], shape: [1]), to: benchmark.file, offset: 77_777)
    #expect(try benchmark.firstDifference(readBy: handle) == 77_777)
  }

  @Test("A search tries every candidate and puts the best first")
  func search() throws {
    let benchmark = try AsyncFileBenchmark(path: folder.path("search"), byteCount: 65_536)
    let candidates = [4096, 8192, 16_384].map { AsyncFileSettings(blockSize: $0, queueDepth: 2) }
    var seen: [AsyncFileSettings] = []
    let results = try AsyncFileSearch(candidates: candidates)
      .run(benchmark, directions: [.read], rounds: 3) { seen.append($0.settings) }
    #expect(seen == candidates)
    #expect(results.map(\.score) == results.map(\.score).sorted(by: >))
    #expect(results.allSatisfy { $0.writeBandwidth == nil && $0.readBandwidth ?? 0 > 0 })
    #expect(AsyncFileSearch.standard.count == 64)
  }

  @Test("Settings print as the section of a config")
  func config() {
    let text = AsyncFileSettings(blockSize: 8 << 20, queueDepth: 32, workerCount: 4).configText
    #expect(text.contains("\"block_size\": 8388608,\n  \"queue_depth\": 32,\n  \"intra_op_parallelism\": 4,"))
    #expect(text.hasSuffix("\"single_submit\": false,\n  \"overlap_events\": true\n}"))
  }
}
