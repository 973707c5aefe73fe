import Glibc
import Synchronization

/// Values handed from one background thread to one consumer, at most `capacity` of them ahead.
///
/// The producer waits while the queue is full, the consumer while it is empty. An error of the producer
/// reaches the consumer after all values before it; closing wakes both.
final class PrefetchQueue<Element: Sendable>: Sendable {
  private struct Content: Sendable {
    var elements: [Element] = []
    var end: Result<Void, any Error>?
    var isClosed = false
  }

  private let content = Monitor(Content())
  private let capacity: Int

  init(capacity: Int) {
    precondition(capacity > 0, "a queue of \(capacity)")
    self.capacity = capacity
  }

  /// Appends a value, waiting for room.
  ///
  /// - Returns: false when the queue was closed: the producer should end.
  func push(_ element: Element) -> Bool {
    content.wait(until: { $0.isClosed || $0.elements.count < capacity }) { content in
      if !content.isClosed { content.elements.append(element) }
      return !content.isClosed
    }
  }

  /// Says that no value follows, because all were pushed or because of an error.
  func finish(_ end: Result<Void, any Error>) {
    content.withLock { if $0.end == nil { $0.end = end } }
  }

  /// The next value, waiting for it; nil when the queue is finished or closed.
  ///
  /// - Throws: the producer's error, at every call from then on.
  func next() throws -> Element? {
    try content.wait(until: { !$0.elements.isEmpty || $0.end != nil || $0.isClosed }) { content in
      if content.isClosed { return nil }
      if !content.elements.isEmpty { return content.elements.removeFirst() }
      try content.end?.get()
      return nil
    }
  }

  /// Drops what is queued and wakes both sides.
  func close() {
    content.withLock {
      $0.isClosed = true
      $0.elements = []
    }
  }
}

/// A flag that asks background work to end.
final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  /// True once somebody called `cancel`.
  var isCancelled: Bool { flag.load(ordering: .acquiring) }

  func cancel() {
    flag.store(true, ordering: .releasing)
  }
}

/// A value that threads read and change under one lock, and wait on.
///
/// Proof of `Sendable`: the value, the mutex and the condition are reached only through this class; the value
/// is touched only between lock and unlock of the mutex, on both of the paths `withLock` and `wait`; what the
/// bodies return is `Sendable` or computed from such; the mutex and condition live at fixed addresses from
/// `init` to `deinit`, and `deinit` runs when no thread holds a reference, so that none waits.
final class Monitor<Value: Sendable>: @unchecked Sendable {
  private var value: Value
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ value: Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the value, then wakes all who wait on it.
  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&value)
  }

  /// Waits until `isReady` holds, then reads or changes the value.
  func wait<Result>(until isReady: (Value) -> Bool, _ body: (inout Value) throws -> Result) rethrows -> Result
  {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while !isReady(value) { pthread_cond_wait(condition, mutex) }
    return try body(&value)
  }

  /// Waits like `wait(until:_:)`, and looks at `cancellation` every 50 ms meanwhile.
  ///
  /// - Throws: `CancellationError`, what `body` throws.
  func wait<Result>(
    until isReady: (Value) -> Bool, unless cancellation: Cancellation, _ body: (inout Value) throws -> Result
  ) throws -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while !isReady(value) {
      if cancellation.isCancelled { throw CancellationError() }
      var deadline = timespec()
      clock_gettime(CLOCK_REALTIME, &deadline)
      deadline.tv_nsec += 50_000_000
      if deadline.tv_nsec >= 1_000_000_000 {
        deadline.tv_sec += 1
        deadline.tv_nsec -= 1_000_000_000
      }
      pthread_cond_timedwait(condition, mutex, &deadline)
    }
    return try body(&value)
  }
}

/// One thread of the operating system, joined once or detached.
///
/// Loading blocks for long, which the threads of Swift's concurrency runtime must not do.
struct BackgroundThread: ~Copyable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Starts a thread; nil if the system has none to give.
  init?(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      return nil
    }
    self.thread = thread
  }

  /// Waits until the thread has ended.
  consuming func join() {
    pthread_join(thread, nil)
  }

  /// Starts a thread that nobody joins.
  ///
  /// - Returns: false if the system has none to give.
  static func detach(_ run: @escaping @Sendable () -> Void) -> Bool {
    guard let started = BackgroundThread(run) else { return false }
    pthread_detach(started.thread)
    return true
  }
}
