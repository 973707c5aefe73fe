import Testing
import Torch

@Suite struct TensorStorageTests {
  @Test func `discarded pages hold zeros, and views of them live on`() throws {
    for tensor in [try Tensor.full([100_000], 3), try Tensor.zeroPages([100_000]).addInPlace(3)] {
      let view = try tensor.narrow(dim: 0, start: 50_000, length: 10)
      try tensor.discardPages()
      #expect(try view.array(of: Float.self).allSatisfy { $0 == 0 })
      _ = try tensor.zeroInPlace().addInPlace(2)
      #expect(try view.array(of: Float.self).allSatisfy { $0 == 2 })
    }
    // Too little for a page of its own: nothing to give back.
    try Tensor.full([8], 3).discardPages()
  }

  @Test func `a storage is emptied and filled again while the tensor stays`() throws {
    let tensor = try Tensor.full([1024, 1024], 3.0)
    let view = try tensor.view([-1])
    try tensor.resizeStorage(byteCount: 0)
    #expect(tensor.storageByteCount == 0)
    #expect(view.storageByteCount == 0)
    #expect(tensor.shape == [1024, 1024])
    try tensor.resizeStorage(byteCount: tensor.byteCount)
    #expect(tensor.storageByteCount == 4 << 20)
    try withoutGradients { _ = try tensor.copyInPlace(Tensor.ones([1024, 1024])) }
    #expect(try view.sum().item() == Double(1 << 20))
  }

  @Test func `growing and shrinking keep the bytes that fit`() throws {
    let tensor = try Tensor([Float(1), 2, 3, 4])
    try tensor.resizeStorage(byteCount: 8)
    try tensor.resizeStorage(byteCount: 16)
    #expect(try tensor.narrow(dim: 0, start: 0, length: 2).array(of: Float.self) == [1, 2])
    #expect(throws: TorchError.self) { try tensor.resizeStorage(byteCount: -1) }
  }

  @Test func `reading a tensor whose memory is gone is an error, not a crash`() throws {
    let tensor = try Tensor.ones([4])
    try tensor.resizeStorage(byteCount: 8)
    let error = try #require(throws: TorchError.self) { try tensor.array(of: Float.self) }
    #expect(error.message.hasPrefix("the tensor's storage has 8 of the 16 bytes that its elements need"))
    #expect(tensor.description == "Tensor(float32, [4], cpu)")
    let scalar = try Tensor(scalar: 1.0)
    try scalar.resizeStorage(byteCount: 0)
    #expect(throws: TorchError.self) { try scalar.item() }
  }

  @Test func `memory of others is not resized`() throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    let tensor = try Tensor.borrowing(memory, shape: [16], dtype: .float32) {}
    let error = try #require(throws: TorchError.self) { try tensor.resizeStorage(byteCount: 0) }
    #expect(error.kind == .shape)
    #expect(error.message.contains("belongs to somebody else"))
    withExtendedLifetime(tensor) {}
    memory.deallocate()
  }

  @Test func `borrowed memory is seen, changed and released even on failure`() throws {
    let counter = Counter()
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 4)
    defer { memory.deallocate() }
    memory.initialize(repeating: 1, count: 4)
    do {
      let tensor = try Tensor.borrowing(memory, shape: [2, 2], dtype: .float32) { counter.increment() }
      _ = try tensor.mulInPlace(5)
      memory[3] = 7
      #expect(try tensor.array(of: Float.self) == [5, 5, 5, 7])
    }
    #expect(counter.value == 1)
    #expect(throws: TorchError.self) {
      try Tensor.borrowing(memory, shape: [2, -2], dtype: .float32) { counter.increment() }
    }
    #expect(counter.value == 2)
  }

  @Test func `views share a storage and offsets say where they begin`() throws {
    let base = try Tensor.arange(10)
    let part = try base.narrow(dim: 0, start: 4, length: 3)
    #expect(part.sharesStorage(with: base))
    #expect(part.storageIdentity == base.storageIdentity)
    #expect(part.storageOffset == 4)
    #expect(part.byteCount == 24)
    #expect(part.storageByteCount == 80)
    #expect(try !base.clone().sharesStorage(with: base))
    part.withUnsafeMutableBytes { $0.bindMemory(to: Int64.self)[0] = 99 }
    #expect(try base.select(dim: 0, index: 4).itemInt() == 99)
  }
}
