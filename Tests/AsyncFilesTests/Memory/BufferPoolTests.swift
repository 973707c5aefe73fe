import AsyncFiles
import Testing
import Torch

@Suite("Pool of buffers")
struct BufferPoolTests {
  @Test("A buffer is handed out as a tensor at a page's start, and comes back with the last tensor over it")
  func lifetime() throws {
    let pool = try BufferPool(count: 2, byteCount: 5000)
    #expect(pool.bufferByteCount == 8192)
    #expect(pool.byteCount == 16_384)
    var first: Tensor? = try pool.tensor([1000], dtype: .float32)
    var view = try first?.narrow(dim: 0, start: 10, length: 5)
    let second = try pool.tensor([2, 10], dtype: .bfloat16)
    #expect(pool.freeCount == 0)
    for tensor in [first, second] {
      let address = tensor?.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(address.map { $0 % 4096 } == 0)
    }
    let error = #expect(throws: AsyncFileError.self) { try pool.tensor([1], dtype: .uint8) }
    #expect(error?.reason == .noBuffer(count: 2))
    first = nil
    #expect(pool.freeCount == 0, "a view still uses it")
    #expect(view != nil)
    view = nil
    #expect(pool.freeCount == 1)
    _ = try pool.tensor([1], dtype: .uint8)
  }

  @Test("Buffers do not overlap")
  func disjoint() throws {
    let pool = try BufferPool(count: 3, byteCount: 4096)
    let tensors = try (0..<3).map { index in
      let tensor = try pool.tensor([4096], dtype: .uint8)
      try tensor.fillInPlace(Double(index))
      return tensor
    }
    for (index, tensor) in tensors.enumerated() {
      #expect(try tensor.array(of: UInt8.self).allSatisfy { $0 == index })
    }
  }

  @Test("A tensor that does not fit is refused, and the pool keeps its buffer")
  func tooLarge() throws {
    let pool = try BufferPool(count: 1, byteCount: 4096)
    let error = #expect(throws: AsyncFileError.self) { try pool.tensor([1025], dtype: .float32) }
    #expect(error?.reason == .bufferTooSmall(byteCount: 4096, needed: 4100))
    #expect(pool.freeCount == 1)
  }

  @Test("Memory that the system does not have is an error")
  func noMemory() {
    let error = #expect(throws: AsyncFileError.self) { try BufferPool(count: 1 << 10, byteCount: 1 << 45) }
    #expect(error?.description.hasPrefix("cannot get") == true)
  }

  @Test("Locked memory is locked where the system allows it")
  func locked() throws {
    let pool = try BufferPool(count: 1, byteCount: 4096, locks: true)
    #expect(pool.isLocked)
    #expect(try !BufferPool(count: 1, byteCount: 4096).isLocked)
    let tensor = try BufferPool.lockedTensor([3, 5], dtype: .float32)
    #expect(tensor.shape == [3, 5])
  }
}
