import Foundation
import Synchronization
import Testing
import Torch

@Suite(.serialized) struct TorchRuntimeTests {
  @Test func `libtorch is the version that this is built for`() {
    #expect(Torch.version.hasPrefix("2.11.0"))
  }

  @Test func `each thread has its own number of threads`() async throws {
    let counts = await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
      let seen = Mutex<[Int: Int]>([:])
      let ready = DispatchGroup()
      for wanted in 1...3 {
        ready.enter()
        Thread.detachNewThread {
          try? Torch.setThreadCount(wanted)
          // Time for the others to set theirs.
          Thread.sleep(forTimeInterval: 0.05)
          _ = try? Tensor.ones([64, 64]).matmul(Tensor.ones([64, 64]))
          let count = Torch.threadCount
          seen.withLock { $0[wanted] = count }
          ready.leave()
        }
      }
      ready.notify(queue: .global()) {
        done.resume(returning: seen.withLock { seen in (1...3).map { seen[$0] ?? 0 } })
      }
    }
    #expect(counts == [1, 2, 3])
  }

  @Test func `a thread count must be positive`() {
    #expect(throws: TorchError.self) { try Torch.setThreadCount(0) }
  }

  @Test func `devices print as libtorch writes them`() {
    #expect(Device.cpu.description == "cpu")
    #expect(Device.meta.description == "meta")
    #expect(Device.cuda(1).description == "cuda:1")
  }

  @Test func `the absence of a GPU is a clear error`() throws {
    if Torch.isCUDAAvailable { return }
    #expect(Torch.cudaDeviceCount == 0)
    #expect(try !#require(Torch.cudaObstacle).isEmpty)
    #expect(throws: TorchError.self) { try Tensor.ones([1], device: .cuda(0)) }
    #expect(throws: TorchError.self) { try Generator(seed: 1, device: .cuda(0)) }
    #expect(throws: TorchError.self) { try Torch.select(.cuda(0)) }
    try Torch.select(.cpu)
    try Torch.synchronize(.cpu)
  }

  @Test func `matrix precision can be lowered and put back`() throws {
    for precision in [Torch.MatrixPrecision.high, .medium, .highest] {
      try Torch.setFloat32MatrixPrecision(precision)
      #expect(try Tensor.ones([8, 8]).matmul(Tensor.ones([8, 8])).sum().item() == 512)
    }
  }
}
