import Glibc
import Synchronization
import Testing
import Torch

@testable import ZeRO

@Suite(.timeLimit(.minutes(1))) struct UpdateWorkerTests {
  private struct Failure: Error, Equatable { let number: Int }

  @Test func `jobs run in their order, beside the rank, without recording gradients`() throws {
    let worker = try UpdateWorker(threadCount: 1)
    let gate = Mutex(false)
    let order = Mutex<[Int]>([])
    let recording = Mutex<[Bool]>([])
    for index in 0..<5 {
      try worker.start {
        while !gate.withLock({ $0 }) { sched_yield() }
        order.withLock { $0.append(index) }
        recording.withLock { $0.append(isRecordingGradients) }
      }
    }
    // The rank is here while the first job waits for it.
    #expect(order.withLock { $0.isEmpty })
    gate.withLock { $0 = true }
    try worker.wait()
    #expect(order.withLock { $0 } == [0, 1, 2, 3, 4])
    #expect(recording.withLock { $0 } == Array(repeating: false, count: 5))
  }

  @Test func `a failure drops the jobs after it and reaches the rank once`() throws {
    let worker = try UpdateWorker(threadCount: 1)
    let done = Mutex<[Int]>([])
    // The rank may hear of it at any of these calls.
    #expect(throws: Failure(number: 2)) {
      for index in 0..<6 {
        try worker.start {
          if index >= 2 { throw Failure(number: index) }
          done.withLock { $0.append(index) }
        }
      }
      try worker.wait()
    }
    try? worker.wait()
    #expect(done.withLock { $0 } == [0, 1])
    try worker.start { done.withLock { $0.append(7) } }
    try worker.wait()
    #expect(done.withLock { $0 } == [0, 1, 7])
  }

  @Test func `jobs hold no more memory than the limit, but always one may`() throws {
    let worker = try UpdateWorker(threadCount: 1)
    let held = Mutex((now: 0, most: 0))
    for _ in 0..<20 {
      try worker.start(holding: 40, limit: 100) { held.withLock { $0.now -= 40 } }
      held.withLock {
        $0.now += 40
        $0.most = max($0.most, $0.now)
      }
    }
    try worker.start(holding: 1000, limit: 100) {}
    try worker.wait()
    #expect(held.withLock { $0.now } == 0)
    #expect(held.withLock { $0.most } <= 120)
  }

  @Test func `closing drops what waits`() throws {
    let worker = try UpdateWorker(threadCount: 1)
    let count = Mutex(0)
    let began = Mutex(false)
    for _ in 0..<100 {
      try worker.start {
        began.withLock { $0 = true }
        count.withLock { $0 += 1 }
        usleep(2000)
      }
    }
    while !began.withLock({ $0 }) { sched_yield() }
    worker.close()
    #expect((1..<100).contains(count.withLock { $0 }))
  }
}
