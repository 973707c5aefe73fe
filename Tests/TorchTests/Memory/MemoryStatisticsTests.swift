import Testing
import Torch

/// One after the other, and with sizes that the tests running meanwhile do not come near.
@Suite(.serialized) struct MemoryStatisticsTests {
  @Test func `a large tensor is seen in every number`() throws {
    MemoryStatistics.releaseWaiting()
    let before = MemoryStatistics.now()
    let tensor = try Tensor.ones([100 << 20], dtype: .uint8)
    let during = MemoryStatistics.now()
    #expect(during.tensorBytes - before.tensorBytes > 70 << 20)
    #expect(during.residentBytes - before.residentBytes > 50 << 20)
    #expect(during.peakTensorBytes >= during.tensorBytes)
    #expect(during.peakResidentBytes >= during.residentBytes - (1 << 20))
    withExtendedLifetime(tensor) {}
  }

  @Test func `zero pages take memory when they are written, are counted, and go at once`() throws {
    let before = MemoryStatistics.now()
    var tensor: Tensor? = try Tensor.zeroPages([400 << 20], dtype: .uint8)
    let empty = MemoryStatistics.now()
    #expect(empty.tensorBytes - before.tensorBytes > 300 << 20)
    #expect(empty.residentBytes - before.residentBytes < 200 << 20)
    #expect(try tensor?.max().item() == 0)
    try tensor?.fillInPlace(3)
    #expect(try tensor?.max().item() == 3)
    #expect(MemoryStatistics.now().residentBytes - before.residentBytes > 200 << 20)
    tensor = nil
    #expect(MemoryStatistics.now().residentBytes - before.residentBytes < 200 << 20)
    #expect(try Tensor.zeroPages([2, 3]).array(of: Float.self) == [Float](repeating: 0, count: 6))
    #expect(try Tensor.zeroPages([0]).elementCount == 0)
  }

  @Test func `a loop of operations leaves memory flat`() throws {
    let weight = try Tensor.full([256, 256], 0.01)
    try weight.setRequiresGradient(true)
    func step() throws {
      let input = try Tensor.ones([64, 256])
      try input.matmul(weight).matmul(weight).sum().backward()
      try withoutGradients {
        try weight.subInPlace(#require(weight.gradient), alpha: 1e-9)
        try weight.setGradient(nil)
      }
    }
    for _ in 0..<20 { try step() }
    let before = MemoryStatistics.now().residentBytes
    for _ in 0..<300 { try step() }
    let grown = MemoryStatistics.now().residentBytes - before
    // 300 leaked results of one step alone would be 19 MB; other tests run meanwhile.
    #expect(grown < 10_000_000, "resident memory grew by \(grown) bytes")
  }

  @Test func `emptying a storage frees its memory`() throws {
    let tensor = try Tensor.zeros([128 << 20], dtype: .uint8)
    let before = MemoryStatistics.now().tensorBytes
    try tensor.resizeStorage(byteCount: 0)
    #expect(MemoryStatistics.now().tensorBytes < before - (100 << 20))
  }

  @Test func `memory of an ended tensor waits for the next, until it is given back`() throws {
    do {
      _ = try Tensor.ones([256 << 20], dtype: .uint8)
    }
    let waiting = MemoryStatistics.now()
    #expect(waiting.waitingBytes > 200 << 20)
    let next = try Tensor.ones([200 << 20], dtype: .uint8)
    #expect(MemoryStatistics.now().residentBytes < waiting.residentBytes + (100 << 20))
    withExtendedLifetime(next) {}
    MemoryStatistics.releaseWaiting()
    let released = MemoryStatistics.now()
    #expect(released.waitingBytes < 64 << 20)
    #expect(released.residentBytes < waiting.residentBytes)
  }

  @Test func `peaks start again when they are reset`() throws {
    do {
      let tensor = try Tensor.ones([200 << 20], dtype: .uint8)
      #expect(MemoryStatistics.now().peakTensorBytes >= tensor.byteCount)
    }
    MemoryStatistics.resetPeaks()
    let after = MemoryStatistics.now()
    #expect(after.peakTensorBytes < after.tensorBytes + (150 << 20))
    #expect(after.residentBytes > 0)
  }
}
