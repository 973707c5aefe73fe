import Collectives
import Synchronization
import Torch

/// A thread that runs jobs of one rank, one after another, while the rank goes on.
///
/// What a job touches is the worker's from `start` until `wait` has returned: the rank leaves it alone meanwhile. After
/// a failure the jobs that follow are dropped, and the failure is thrown by the rank's next call.
final class UpdateWorker {
  /// Proof of `Sendable`: a job is made on the rank's thread, which gives up what the job touches; it runs and ends on
  /// the worker's; the queue's lock orders both, and the rank's next touch after `wait`.
  private struct Job: @unchecked Sendable {
    let byteCount: Int
    let run: () throws -> Void
  }

  private struct State: Sendable {
    var jobs: [Job] = []
    /// Jobs that have not ended, the one that runs included, and the bytes that they hold.
    var pendingCount = 0
    var pendingByteCount = 0
    var failure: (any Error)?
    var isClosed = false
    var hasEnded = false
  }

  private final class Queue: Sendable {
    let state = Mutex(State())
    /// Rung for each job, and when the queue is closed.
    let arrived = Bell()
    /// Rung when a job, or the thread, has ended.
    let ended = Bell()
  }

  private let queue = Queue()

  /// Starts the thread.
  ///
  /// - Parameter threadCount: libtorch's threads for its operations.
  /// - Throws: `CollectiveError` when the system has no thread left.
  init(threadCount: Int) throws {
    let queue = queue
    try RankThread.start { UpdateWorker.run(queue, threadCount: threadCount) }
  }

  deinit { close() }

  private static func run(_ queue: Queue, threadCount: Int) {
    do { try Torch.setThreadCount(threadCount) } catch { queue.state.withLock { $0.failure = error } }
    withoutGradients {
      while work(on: queue) {}
    }
    queue.state.withLock { $0.hasEnded = true }
    queue.ended.ring()
  }

  /// Runs the next job, which has ended and let go of everything when this returns; false when there will be none.
  private static func work(on queue: Queue) -> Bool {
    queue.arrived.wait()
    let next = queue.state.withLock { state -> (job: Job?, isDue: Bool, isClosed: Bool) in
      let job = state.jobs.isEmpty ? nil : state.jobs.removeFirst()
      return (job, state.failure == nil && !state.isClosed, state.isClosed)
    }
    guard let job = next.job else { return !next.isClosed }
    var failure: (any Error)?
    if next.isDue {
      do { try job.run() } catch { failure = error }
    }
    queue.state.withLock { state in
      state.pendingCount -= 1
      state.pendingByteCount -= job.byteCount
      state.failure = state.failure ?? failure
    }
    queue.ended.ring()
    return true
  }

  /// Lets the worker run `job` after those before it.
  ///
  /// - Parameters:
  ///   - byteCount: memory that the job holds until it has run.
  ///   - limit: waits until jobs hold no more than this, or none is left.
  /// - Throws: what an earlier job threw, ``UpdateError/closed``.
  func start(holding byteCount: Int = 0, limit: Int = .max, _ job: @escaping () throws -> Void) throws {
    try wait { $0.pendingCount == 0 || $0.pendingByteCount + byteCount <= limit }
    let job = Job(byteCount: byteCount, run: job)
    try queue.state.withLock { state in
      guard !state.isClosed else { throw UpdateError.closed }
      state.jobs.append(job)
      state.pendingCount += 1
      state.pendingByteCount += byteCount
    }
    queue.arrived.ring()
  }

  /// Returns when all jobs have ended.
  ///
  /// - Throws: what the first of them threw that failed, once.
  func wait() throws { try wait { $0.pendingCount == 0 } }

  private func wait(until isReached: (State) -> Bool) throws {
    while !queue.state.withLock({ isReached($0) || $0.hasEnded }) { queue.ended.wait() }
    let failure = queue.state.withLock { state -> (any Error)? in
      guard let failure = state.failure else { return nil }
      // Jobs that still wait belong to what has failed.
      if state.pendingCount == 0 { state.failure = nil }
      return failure
    }
    if let failure { throw failure }
  }

  /// Ends the job that runs, drops the others and ends the thread.
  func close() {
    queue.state.withLock { $0.isClosed = true }
    queue.arrived.ring()
    while !queue.state.withLock({ $0.hasEnded }) { queue.ended.wait() }
  }
}
