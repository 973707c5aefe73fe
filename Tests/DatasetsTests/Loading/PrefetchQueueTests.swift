import Foundation
import Testing

@testable import Datasets

struct PrefetchQueueTests {
  struct Failure: Error {}

  @Test func `Values come in order and the producer stays within the capacity`() throws {
    let queue = PrefetchQueue<Int>(capacity: 3)
    let pushed = Counter()
    let thread = BackgroundThread {
      for value in 0..<100 where queue.push(value) { pushed.increase() }
      queue.finish(.success(()))
    }
    for _ in 0..<200 where pushed.value < 3 { usleep(1000) }
    usleep(20_000)
    #expect(pushed.value == 3)
    for value in 0..<100 { #expect(try queue.next() == value) }
    #expect(try queue.next() == nil)
    #expect(try queue.next() == nil)
    if let thread { thread.join() } else { Issue.record("no thread") }
  }

  @Test func `An error comes after the values before it, and again`() throws {
    let queue = PrefetchQueue<Int>(capacity: 3)
    #expect(queue.push(1))
    queue.finish(.failure(Failure()))
    queue.finish(.success(()))
    #expect(try queue.next() == 1)
    for _ in 0..<2 { #expect(throws: Failure.self) { _ = try queue.next() } }
  }

  @Test(.timeLimit(.minutes(1))) func `Closing wakes a waiting producer and a waiting consumer`() throws {
    let full = PrefetchQueue<Int>(capacity: 1)
    #expect(full.push(1))
    let ended = Counter()
    let producer = BackgroundThread { if !full.push(2) { ended.increase() } }
    let empty = PrefetchQueue<Int>(capacity: 1)
    let consumer = BackgroundThread { if (try? empty.next()) == .some(nil) { ended.increase() } }
    usleep(20_000)
    full.close()
    empty.close()
    if let producer { producer.join() }
    if let consumer { consumer.join() }
    #expect(ended.value == 2)
    #expect(try full.next() == nil)
  }

  @Test(.timeLimit(.minutes(1))) func `Waiting ends when it is cancelled`() throws {
    let monitor = Monitor(0)
    let cancellation = Cancellation()
    let thread = BackgroundThread {
      usleep(20_000)
      cancellation.cancel()
    }
    #expect(throws: CancellationError.self) {
      try monitor.wait(until: { $0 == 1 }, unless: cancellation) { _ in }
    }
    if let thread { thread.join() }
    monitor.withLock { $0 = 1 }
    #expect(try monitor.wait(until: { $0 == 1 }, unless: cancellation) { $0 } == 1)
  }
}
