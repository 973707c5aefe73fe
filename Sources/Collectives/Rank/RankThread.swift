internal import Glibc

/// A thread that runs one closure and ends.
///
/// Ranks need threads of their own, because they block in collectives: the threads of Swift's pool are as few
/// as the cores, and four ranks at a barrier on two of them would wait for ever. The stack is large, because
/// the backward pass of a deep model recurses.
package enum RankThread {
  private static let stackBytes = 256 << 20

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts the thread.
  ///
  /// - Throws: `CollectiveError.invalidArgument` when the system has no thread left.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(CollectiveError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let owned = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, owned.toOpaque())
    if status != 0 {
      owned.release()
      throw .invalidArgument(operation: "start of a thread", reason: String(cString: strerror(status)))
    }
  }

  /// How many threads run at the same time here.
  static var coreCount: Int { Swift.max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// What one thread waits for and another one rings.
package final class Bell: Sendable {
  /// A semaphore's address, as a number because a pointer is not Sendable. A semaphore is made to be used by
  /// several threads, and its memory ends with this object.
  private let address: UInt

  package init() {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
    address = UInt(bitPattern: semaphore)
  }

  deinit {
    guard let semaphore else { return }
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  private var semaphore: UnsafeMutablePointer<sem_t>? { UnsafeMutablePointer(bitPattern: address) }

  /// Wakes one waiting thread, or the next that waits.
  package func ring() {
    if let semaphore { sem_post(semaphore) }
  }

  /// Waits for a ring.
  package func wait() {
    guard let semaphore else { return }
    while sem_wait(semaphore) != 0 {}
  }

  /// Waits for a ring, but not longer than `time`.
  func wait(atMost time: Duration) {
    guard let semaphore else { return }
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    let nanoseconds = deadline.tv_nsec + time.milliseconds % 1000 * 1_000_000
    deadline.tv_sec += time.milliseconds / 1000 + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    sem_timedwait(semaphore, &deadline)
  }
}
