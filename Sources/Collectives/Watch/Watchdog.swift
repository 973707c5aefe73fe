internal import Synchronization

/// Watches over one rank's groups from a thread of its own.
///
/// When an operation does not go on, it asks the other ranks through the store where they are, and lets the
/// group fail with an error that names the ranks that differ. When another rank has failed, it lets this
/// rank's groups fail with that rank's reason.
final class Watchdog: Sendable {
  /// After this time in one operation a rank compares itself with the others, which finds ranks that do
  /// different things long before the timeout.
  private static let suspicion = Duration.seconds(5)

  private struct State {
    /// Kept until the end, and their connections with them: closing one is felt by a rank that still
    /// receives.
    var ledgers: [GroupLedger] = []
    var isRunning = false
    var isStopped = false
    var verdict: CollectiveError?
    var lastRing = 0
    var nextComparison: ContinuousClock.Instant?
    var isStoreLost = false
  }

  let rank: Int
  let timeout: Duration
  /// A connection of the watchdog's own.
  private let store: Store
  private let tick: Duration
  private let bell = Bell()
  private let state = Mutex(State())

  init(rank: Int, timeout: Duration, store: Store) {
    self.rank = rank
    self.timeout = timeout
    self.store = store
    tick = Swift.min(.milliseconds(500), Swift.max(.milliseconds(10), timeout / 20))
  }

  /// Why this rank's groups have failed, if they have.
  var verdict: CollectiveError? { state.withLock { $0.verdict } }

  /// Bytes that this rank has sent in all its groups.
  var sent: LinkBytes {
    state.withLock { $0.ledgers }.reduce(into: LinkBytes()) { $0 += $1.connection?.sentBytes ?? LinkBytes() }
  }

  /// Watches over a group from now on.
  ///
  /// - Throws: `CollectiveError.invalidArgument` when the system has no thread left.
  func watch(_ ledger: GroupLedger) throws(CollectiveError) {
    let (isFirst, verdict) = state.withLock { state in
      state.ledgers.append(ledger)
      defer { state.isRunning = true }
      return (!state.isRunning, state.verdict)
    }
    // A rank may fail while this one still comes to the group; nobody would tell the group later.
    if let verdict { ledger.fail(verdict) }
    if isFirst { try RankThread.start { self.run() } }
  }

  /// Ends the thread, soon.
  func stop() {
    state.withLock { $0.isStopped = true }
    bell.ring()
  }

  /// Tells all other ranks that this one has failed, and lets this rank's groups fail.
  func announceFailure(rank failed: Int, reason: String) {
    tellOthers(rank: failed, reason: reason)
    deliver(.rankFailed(rank: failed, reason: reason))
  }

  /// Lets this rank's groups fail. The first reason stays.
  func deliver(_ error: CollectiveError) {
    let ledgers = state.withLock { state in
      if state.verdict == nil { state.verdict = error }
      return state.ledgers
    }
    for ledger in ledgers { ledger.fail(error) }
  }

  /// The reason for a failure that this rank has felt: what another rank says within a moment, or else
  /// `error`, which the others are told.
  func explain(_ error: CollectiveError, failed: Int?) -> CollectiveError {
    let deadline = ContinuousClock.now + .seconds(2)
    while ContinuousClock.now < deadline {
      if let verdict { return verdict }
      lookForFailure()
      if let verdict { return verdict }
      Bell().wait(atMost: .milliseconds(20))
      // A rank that ends says why before its connections do, so that a short while is enough.
      if failed != nil, ContinuousClock.now > deadline - .milliseconds(1500) { break }
    }
    if let failed { tellOthers(rank: failed, reason: "its connection to rank \(rank) was lost") }
    deliver(error)
    return verdict ?? error
  }

  private func tellOthers(rank failed: Int, reason: String) {
    guard let count = try? store.add("failure/count", 1), count == 1 else { return }
    try? store.set("failure", "\(failed)\u{1F}\(reason)")
    _ = try? store.add("bell", 1)
  }

  private func run() {
    while !state.withLock({ $0.isStopped }) {
      bell.wait(atMost: tick)
      answerBell()
      compareIfStuck()
      abortAgain()
    }
  }

  /// Gloo forgets the abort of a message that comes just before somebody waits for it, so that what is still under
  /// way after a failure is aborted at every tick.
  private func abortAgain() {
    let (verdict, ledgers) = state.withLock { ($0.verdict, $0.ledgers) }
    guard let verdict else { return }
    for ledger in ledgers where ledger.oldest() != nil { ledger.fail(verdict) }
  }

  /// One look at the store: has anybody failed, does anybody ask?
  private func answerBell() {
    guard verdict == nil, !state.withLock({ $0.isStopped || $0.isStoreLost }) else { return }
    guard let ring = try? store.add("bell", 0) else {
      state.withLock { $0.isStoreLost = true }
      return
    }
    let isNew = state.withLock { state in
      defer { state.lastRing = ring }
      return ring != state.lastRing
    }
    if isNew {
      lookForFailure()
      publish(answer: ring)
    }
  }

  private func lookForFailure() {
    guard (try? store.contains("failure")) == true,
      let text = try? store.text("failure", timeout: .seconds(1))
    else {
      return
    }
    let parts = text.split(separator: "\u{1F}", maxSplits: 1).map(String.init)
    guard parts.count == 2, let failed = Int(parts[0]) else { return }
    deliver(.rankFailed(rank: failed, reason: parts[1]))
  }

  private func publish(answer: Int) {
    let ledgers = state.withLock { $0.ledgers }
    let positions = ledgers.map { (group: $0.name, state: $0.position()) }
    try? store.set("position/\(rank)", PositionText.encode(positions, answer: answer))
  }

  private func compareIfStuck() {
    guard verdict == nil else { return }
    for ledger in state.withLock({ $0.ledgers }) {
      guard let (record, since) = ledger.oldest() else { continue }
      let waited = since.duration(to: .now)
      if waited >= timeout {
        let report = report(on: record, in: ledger, waited: waited)
        fail(with: Self.disagrees(report) ? .mismatch(report) : .timedOut(report))
      } else if waited >= Swift.min(Self.suspicion, timeout / 4), isTimeToCompare() {
        let report = report(on: record, in: ledger, waited: waited)
        if Self.disagrees(report) { fail(with: .mismatch(report)) }
      }
    }
  }

  private func isTimeToCompare() -> Bool {
    let pause = Swift.min(Self.suspicion, timeout / 4)
    return state.withLock { state in
      let isDue = state.nextComparison.map { $0 <= .now } ?? true
      if isDue { state.nextComparison = .now + pause }
      return isDue
    }
  }

  private func fail(with error: CollectiveError) {
    if verdict != nil { return }
    tellOthers(rank: rank, reason: "\(error)")
    deliver(error)
  }

  /// Ranks disagree when they mean different things by the same number.
  private static func disagrees(_ report: DivergenceReport) -> Bool {
    report.positions.contains { position in
      guard case .inOperation(let record) = position.state else { return false }
      return record.peer == nil && report.record.peer == nil && record.sequence == report.record.sequence
        && !record.agrees(with: report.record)
    }
  }

  /// Asks the others of a group where they are and waits a moment for their answers.
  private func report(
    on record: CollectiveRecord, in ledger: GroupLedger, waited: Duration
  ) -> DivergenceReport {
    let others = ledger.globalRanks.filter { $0 != rank }
    var positions: [Int: RankPosition.State] = [:]
    if let question = try? store.add("bell", 1) {
      publish(answer: question)
      state.withLock { $0.lastRing = question }
      let deadline = ContinuousClock.now + Swift.min(.seconds(3), Swift.max(.milliseconds(300), timeout / 4))
      while positions.count < others.count, ContinuousClock.now < deadline, !state.withLock({ $0.isStopped })
      {
        for other in others where positions[other] == nil {
          positions[other] = answer(of: other, to: question, group: ledger.name)
        }
        if positions.count < others.count { Bell().wait(atMost: .milliseconds(10)) }
      }
    }
    return DivergenceReport(
      rank: rank, record: record, waited: waited,
      positions: others.map { RankPosition(rank: $0, state: positions[$0] ?? .silent) })
  }

  private func answer(of other: Int, to question: Int, group: String) -> RankPosition.State? {
    guard (try? store.contains("position/\(other)")) == true,
      let text = try? store.text("position/\(other)", timeout: .seconds(1)),
      PositionText.answer(in: text) >= question
    else { return nil }
    // A rank that answers and does not know the group has not come to it yet.
    return PositionText.decode(text, group: group) ?? .after(nil)
  }
}

/// Keeps a watchdog awake as long as a rank's context or one of its groups is in use.
final class WatchdogLease {
  let watchdog: Watchdog

  init(_ watchdog: Watchdog) {
    self.watchdog = watchdog
  }

  deinit {
    watchdog.stop()
  }
}
