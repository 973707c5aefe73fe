internal import Synchronization

/// What one rank has begun and finished in a group, and whether the group has failed.
///
/// The rank's thread writes it and the watchdog's thread reads it.
final class GroupLedger: Sendable {
  let name: String
  /// The ranks of the group, counted over all processes.
  let globalRanks: [Int]
  let connection: Connection?

  private struct Entry {
    let record: CollectiveRecord
    let handle: WorkHandle
    let since: ContinuousClock.Instant
  }

  private struct Series: Hashable {
    let operation: CollectiveOperation
    let peer: Int
    let channel: Int
  }

  private struct State {
    var sequence = 0
    var peerSequences: [Series: Int] = [:]
    var nextEntry = 0
    var entries: [Int: Entry] = [:]
    var last: CollectiveRecord?
    var verdict: CollectiveError?
    var counts: [CollectiveOperation: CommunicationCount] = [:]
    var log: CommunicationLog?
  }
  private let state = Mutex(State())

  init(name: String, globalRanks: [Int], connection: Connection?) {
    self.name = name
    self.globalRanks = globalRanks
    self.connection = connection
  }

  /// Why the group has failed, if it has.
  var verdict: CollectiveError? { state.withLock { $0.verdict } }

  /// Lets the group fail: operations under way end, later ones do not begin. The first reason stays.
  func fail(_ error: CollectiveError) {
    state.withLock { if $0.verdict == nil { $0.verdict = error } }
    connection?.abort()
  }

  /// The number of the group's next operation; sends and receives are numbered for each pair of ranks and channel.
  func nextSequence(_ operation: CollectiveOperation, peer: Int?, channel: Int) -> Int {
    state.withLock { state in
      guard let peer else {
        state.sequence += 1
        return state.sequence
      }
      let series = Series(operation: operation, peer: peer, channel: channel)
      state.peerSequences[series, default: 0] += 1
      return state.peerSequences[series, default: 1]
    }
  }

  /// Counts an operation that needs no other rank.
  func noteLocal(_ record: CollectiveRecord) {
    state.withLock { state in
      state.counts[record.operation, default: .init()].callCount += 1
      state.counts[record.operation, default: .init()].payloadBytes += record.byteCount
      state.last = record
      state.log?.note(record, latency: .zero, sent: LinkBytes())
    }
  }

  /// Counts bytes that this rank took from others of its host without their taking part.
  func noteRead(_ record: CollectiveRecord, byteCount: Int, latency: Duration) {
    state.withLock { state in
      state.counts[record.operation, default: .init()].callCount += 1
      state.counts[record.operation, default: .init()].payloadBytes += record.byteCount
      state.counts[record.operation, default: .init()].sent.withinHost += byteCount
      state.log?.note(record, latency: latency, sent: LinkBytes(withinHost: byteCount, betweenHosts: 0))
    }
  }

  /// Notes an operation that has begun, and yields the entry to end.
  func noteStart(_ record: CollectiveRecord, _ handle: WorkHandle) -> Int {
    state.withLock { state in
      state.counts[record.operation, default: .init()].callCount += 1
      state.counts[record.operation, default: .init()].payloadBytes += record.byteCount
      state.nextEntry += 1
      state.entries[state.nextEntry] = Entry(record: record, handle: handle, since: .now)
      return state.nextEntry
    }
  }

  /// Ends an entry; again is harmless.
  func noteEnd(_ entry: Int) {
    state.withLock { Self.end(entry, &$0) }
  }

  private static func end(_ number: Int, _ state: inout State) {
    guard let entry = state.entries.removeValue(forKey: number) else { return }
    let sent = entry.handle.sentBytes
    state.counts[entry.record.operation, default: .init()].sent += sent
    state.log?.note(entry.record, latency: entry.handle.elapsed, sent: sent)
    if entry.record.peer == nil, entry.record.sequence >= state.last?.sequence ?? 0 {
      state.last = entry.record
    }
  }

  /// The operation that has been under way for the longest time.
  func oldest() -> (record: CollectiveRecord, since: ContinuousClock.Instant)? {
    state.withLock { state in
      for (number, entry) in state.entries where entry.handle.isCompleted { Self.end(number, &state) }
      return state.entries.min { $0.key < $1.key }.map { ($0.value.record, $0.value.since) }
    }
  }

  /// What this rank tells others.
  func position() -> RankPosition.State {
    if let oldest = oldest() { return .inOperation(oldest.record) }
    return .after(state.withLock { $0.last })
  }

  /// How much has been communicated.
  var counts: [CollectiveOperation: CommunicationCount] {
    state.withLock { state in
      var counts = state.counts
      for entry in state.entries.values {
        counts[entry.record.operation, default: .init()].sent += entry.handle.sentBytes
      }
      return counts
    }
  }

  // MARK: Log

  func setLog(_ options: CommunicationLogOptions?, rankCount: Int, keepsOperations: Bool) {
    let log = options.map { CommunicationLog($0, rankCount: rankCount, keepsOperations: keepsOperations) }
    state.withLock { $0.log = log }
  }

  func resetLog() { state.withLock { $0.log?.reset() } }

  var logEntries: [CommunicationLogEntry] {
    state.withLock { state in
      for (number, entry) in state.entries where entry.handle.isCompleted { Self.end(number, &state) }
      return state.log?.sorted ?? []
    }
  }

  func takeUnshown() -> [LoggedOperation] { state.withLock { $0.log?.takeUnshown() ?? [] } }

  /// Runs `body` without taking down its operations.
  func unlogged<Result>(_ body: () throws(CollectiveError) -> Result) throws(CollectiveError) -> Result {
    let log = state.withLock { state in
      defer { state.log = nil }
      return state.log
    }
    defer { state.withLock { $0.log = log } }
    return try body()
  }
}
