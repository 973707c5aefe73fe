import Testing
import Torch

/// Memory that tensors leave behind and take up again.
@Suite struct LargeBlocksTests {
  @Test func `tensors of many sizes and threads never share memory`() async throws {
    let failures = await withTaskGroup(of: Int.self) { group in
      for worker in 1...4 {
        group.addTask {
          var random = UInt64(worker)
          var kept: [(tensor: Tensor, value: UInt8)] = []
          var failures = 0
          for round in 0..<400 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let size = 50_000 + Int(random >> 33) % 1_500_000
            let value = UInt8(truncatingIfNeeded: round &* 4 &+ worker)
            guard let tensor = try? Tensor.full([size], Int(value), dtype: .uint8) else { return 1 }
            kept.append((tensor, value))
            if kept.count > 12 {
              let old = kept.remove(at: Int(random >> 40) % kept.count)
              let whole = old.tensor.withUnsafeMutableBytes { bytes in
                bytes.first == old.value && bytes.last == old.value
                  && stride(from: 0, to: bytes.count, by: 4096).allSatisfy { bytes[$0] == old.value }
              }
              if !whole { failures += 1 }
            }
          }
          return failures
        }
      }
      return await group.reduce(0, +)
    }
    #expect(failures == 0)
  }
}
