internal import Synchronization
internal import Torch

/// The error of the rank that failed first.
public struct RankFailure: Error, CustomStringConvertible {
  /// The number of the rank that failed, from 0.
  public let rank: Int
  /// What it threw.
  public let error: any Error

  /// For example `rank 2: layer 3 has a NaN`.
  public var description: String { "rank \(rank): \(error)" }
}

/// Several ranks as threads of this process.
public enum Ranks {
  /// Runs a function once on each rank and yields their results in order of rank.
  ///
  /// The ranks share a store in memory and are connected as the ranks of several processes are. When one
  /// throws, the others' operations end with `CollectiveError.rankFailed`. The calling thread waits; in an
  /// async context the other overload suspends instead.
  ///
  /// - Parameters:
  ///   - count: The number of ranks.
  ///   - timeout: How long an operation may take before its ranks are compared.
  ///   - threadsPerRank: The threads of a rank's tensor operations; nil to divide the cores.
  ///   - transport: How the ranks reach each other.
  ///   - ranksPerHost: Behave as if so many consecutive ranks shared a host; nil for one host.
  ///   - body: What each rank does.
  /// - Throws: `RankFailure` with the error of the rank that failed first.
  public static func run<Value: Sendable>(
    count: Int, timeout: Duration = .seconds(600), threadsPerRank: Int? = nil,
    transport: Transport = .automatic, ranksPerHost: Int? = nil, body: @escaping @Sendable (RankContext) throws -> Value
  ) throws -> [Value] {
    let done = Bell()
    let outcome = Mutex<Result<[Value], any Error>?>(nil)
    try start(
      count: count, timeout: timeout, threadsPerRank: threadsPerRank, transport: transport,
      ranksPerHost: ranksPerHost, body: body
    ) { result in
      outcome.withLock { $0 = result }
      done.ring()
    }
    done.wait()
    guard let result = outcome.withLock({ $0 }) else {
      preconditionFailure("the ranks ended without a result")
    }
    return try result.get()
  }

  /// Runs a function once on each rank and yields their results in order of rank, without blocking the
  /// caller's thread.
  ///
  /// - Throws: `RankFailure` with the error of the rank that failed first.
  public static func run<Value: Sendable>(
    count: Int, timeout: Duration = .seconds(600), threadsPerRank: Int? = nil,
    transport: Transport = .automatic, ranksPerHost: Int? = nil, body: @escaping @Sendable (RankContext) throws -> Value
  ) async throws -> [Value] {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try start(
      count: count, timeout: timeout, threadsPerRank: threadsPerRank, transport: transport,
      ranksPerHost: ranksPerHost, body: body
    ) { result in
          continuation.resume(with: result)
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private static func start<Value: Sendable>(
    count: Int, timeout: Duration, threadsPerRank: Int?,
    transport: Transport, ranksPerHost: Int?, body: @escaping @Sendable (RankContext) throws -> Value,
    completion: @escaping @Sendable (Result<[Value], any Error>) -> Void
  ) throws {
    precondition(count > 0, "there must be at least one rank, not \(count)")
    let crew = Crew<Value>(count: count, completion: completion)
    let store = try Store.inMemory()
    let hosts = HostPlacement(rankCount: count, ranksPerHost: ranksPerHost ?? count)
    let threads = threadsPerRank ?? Swift.max(1, RankThread.coreCount / count)
    for rank in 0..<count {
      try RankThread.start {
        crew.finish(rank) {
          try Torch.setThreadCount(threads)
          let context = try RankContext(
            rank: rank, worldSize: count, localRank: hosts.place(of: rank), store: store, hosts: hosts,
            address: "127.0.0.1", transport: transport, timeout: timeout,
            registered: { crew.register($0) })
          return try body(context)
        }
      }
    }
  }

  /// The ranks under way and what became of them.
  private final class Crew<Value: Sendable>: Sendable {
    private struct State {
      var values: [Value?]
      /// Kept until all ranks have ended, and the connections with them.
      var watchdogs: [Watchdog] = []
      var failure: RankFailure?
      var finishedCount = 0
    }
    private let state: Mutex<State>
    private let completion: @Sendable (Result<[Value], any Error>) -> Void

    init(count: Int, completion: @escaping @Sendable (Result<[Value], any Error>) -> Void) {
      state = Mutex(State(values: Array(repeating: nil, count: count)))
      self.completion = completion
    }

    func register(_ watchdog: Watchdog) {
      let failure = state.withLock { state in
        state.watchdogs.append(watchdog)
        return state.failure
      }
      if let failure { watchdog.deliver(.rankFailed(rank: failure.rank, reason: "\(failure.error)")) }
    }

    func finish(_ rank: Int, _ work: () throws -> Value) {
      do {
        let value = try work()
        state.withLock { $0.values[rank] = value }
      } catch {
        fail(RankFailure(rank: rank, error: error))
      }
      let result = state.withLock { state -> Result<[Value], any Error>? in
        state.finishedCount += 1
        guard state.finishedCount == state.values.count else { return nil }
        state.watchdogs = []
        if let failure = state.failure { return .failure(failure) }
        return .success(state.values.compactMap { $0 })
      }
      if let result { completion(result) }
    }

    private func fail(_ failure: RankFailure) {
      let watchdogs = state.withLock { state -> [Watchdog] in
        if state.failure != nil { return [] }
        // A rank that only felt another one's end has not failed first.
        if case .rankFailed(let origin, _) = failure.error as? CollectiveError, origin != failure.rank,
          state.finishedCount < state.values.count - 1
        {
          return []
        }
        state.failure = failure
        return state.watchdogs
      }
      for watchdog in watchdogs {
        watchdog.deliver(.rankFailed(rank: failure.rank, reason: "\(failure.error)"))
      }
    }
  }
}
