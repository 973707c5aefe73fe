/// What one rank knows of itself and of the others: its numbers, the store, and the group of all ranks.
///
/// It belongs to the rank's thread. Several may live in one process, one for each rank that is a thread of
/// it.
public final class RankContext {
  /// This rank's number over all processes, from 0.
  public let rank: Int
  /// The number of ranks.
  public let worldSize: Int
  /// This rank's number on its machine, from 0.
  public let localRank: Int
  /// What the ranks share besides tensors.
  public let store: Store
  /// The group of all ranks.
  public let world: ProcessGroup
  /// Which ranks share a host.
  public let hosts: HostPlacement
  /// How long an operation may take before its ranks are compared.
  public let timeout: Duration
  private let lease: WatchdogLease
  private var watchdog: Watchdog { lease.watchdog }
  private let address: String
  private let transport: Transport
  private var groupCounts: [String: Int] = [:]

  /// Joins the other ranks, which do the same with the same store.
  ///
  /// - Parameters:
  ///   - hosts: Which ranks share a host, the same on all ranks.
  ///   - address: The address at which the others reach this rank, "127.0.0.1" when all are on this machine.
  ///   - transport: How to reach them, the same on all ranks.
  ///   - timeout: How long to wait for the others, and how long an operation may take later.
  /// - Throws: `CollectiveError.ranksMissing` with the ranks that did not come.
  init(
    rank: Int, worldSize: Int, localRank: Int, store: Store, hosts: HostPlacement, address: String,
    transport: Transport = .automatic, timeout: Duration,
    registered: (Watchdog) -> Void = { _ in }
  ) throws(CollectiveError) {
    self.rank = rank
    self.worldSize = worldSize
    self.localRank = localRank
    self.store = store
    self.hosts = hosts
    self.address = address
    self.transport = transport
    self.timeout = timeout
    lease = WatchdogLease(Watchdog(rank: rank, timeout: timeout, store: try store.separateConnection()))
    registered(lease.watchdog)
    world = try Self.connect(
      name: "world", key: "group/world", members: Array(0..<worldSize), rank: rank, store: store, hosts: hosts,
      address: address, transport: transport, lease: lease)
  }

  /// The only rank of its world: no store is served, and nothing is sent.
  ///
  /// - Throws: `CollectiveError.store`.
  public static func single(timeout: Duration = .seconds(600)) throws(CollectiveError) -> RankContext {
    try RankContext(
      rank: 0, worldSize: 1, localRank: 0, store: try Store.inMemory(),
      hosts: HostPlacement(rankCount: 1, ranksPerHost: 1), address: "127.0.0.1", timeout: timeout)
  }

  /// A group of some of the ranks. All of them call this in the same order; the others need not.
  ///
  /// - Parameters:
  ///   - ranks: The members, counted over all processes; their order is that of the group.
  ///   - name: What messages call the group; nil for a name made of the ranks.
  ///   - transport: How its ranks reach each other; nil for the way of the world.
  /// - Returns: The group, nil when this rank is not in it.
  /// - Throws: `CollectiveError.ranksMissing`, or `invalidArgument` for ranks that do not exist or come
  ///   twice.
  public func makeGroup(
    of ranks: [Int], name: String? = nil, transport: Transport? = nil
  ) throws(CollectiveError) -> ProcessGroup? {
    guard Set(ranks).count == ranks.count, ranks.allSatisfy({ 0..<worldSize ~= $0 }), !ranks.isEmpty else {
      throw .invalidArgument(
        operation: "making of a group", reason: "the ranks \(ranks) must differ and be less than \(worldSize)"
      )
    }
    guard ranks.contains(rank) else { return nil }
    let name = name ?? "ranks \(ranks.map(String.init).joined(separator: ","))"
    groupCounts[name, default: 0] += 1
    return try Self.connect(
      name: name, key: "group/\(name)/\(groupCounts[name, default: 1])", members: ranks, rank: rank,
      store: store, hosts: hosts, address: address, transport: transport ?? self.transport, lease: lease)
  }

  /// Tells all ranks that this one cannot go on. Their operations end with `CollectiveError.rankFailed`.
  public func abort(reason: String) {
    watchdog.announceFailure(rank: rank, reason: reason)
  }

  /// Leaves in good order at the end of the program: waits, up to ten seconds, until all ranks have come here, so
  /// that the process that serves the store does not end before the others are done. After a failure nobody is
  /// waited for.
  public func leave() {
    watchdog.stop()
    guard worldSize > 1, watchdog.verdict == nil, let left = try? store.add("left", 1) else { return }
    if left == worldSize {
      try? store.set("left/all", "")
    } else {
      try? store.wait(for: "left/all", timeout: .seconds(10))
    }
    // The server answers the others before it goes.
    guard rank == 0 else { return }
    Bell().wait(atMost: .milliseconds(100))
  }

  private static func connect(
    name: String, key: String, members: [Int], rank: Int, store: Store, hosts: HostPlacement, address: String,
    transport: Transport, lease: WatchdogLease
  ) throws(CollectiveError) -> ProcessGroup {
    let own = members.firstIndex(of: rank) ?? 0
    let hosts = hosts.of(members)
    guard members.count > 1 else {
      return ProcessGroup(
        name: name, rank: own, globalRanks: members, hosts: hosts, connection: nil, lease: lease)
    }
    let watchdog = lease.watchdog
    try meet(
      "\(key)/arrived", name: name, members: members, rank: rank, store: store, watchdog: watchdog,
      patience: watchdog.timeout)
    let patience = Swift.max(watchdog.timeout, .seconds(30))
    let connection = try store.prefixed("\(key)/gloo").connect(
      rank: own, hosts: hosts, address: address, transport: transport, timeout: patience)
    // A member that left as soon as it is connected would break the connections that the others still make.
    try meet(
      "\(key)/connected", name: name, members: members, rank: rank, store: store, watchdog: watchdog,
      patience: patience)
    let group = ProcessGroup(
      name: name, rank: own, globalRanks: members, hosts: hosts, connection: connection, lease: lease)
    try watchdog.watch(group.ledger)
    return group
  }

  /// Waits until all members have come to a point, so that those who do not can be named.
  private static func meet(
    _ point: String, name: String, members: [Int], rank: Int, store: Store, watchdog: Watchdog,
    patience: Duration
  ) throws(CollectiveError) {
    guard try store.add("\(point)/\(rank)", 1) == 1 else { throw .duplicateRank(rank) }
    if try store.add("\(point)/count", 1) == members.count { try store.set("\(point)/all", "") }
    let start = ContinuousClock.now
    while true {
      if let verdict = watchdog.verdict { throw verdict }
      if (try? store.wait(for: "\(point)/all", timeout: .milliseconds(200))) != nil { return }
      guard start.duration(to: .now) < patience else { break }
    }
    var missing: [Int] = []
    for member in members where try !store.contains("\(point)/\(member)") { missing.append(member) }
    let error = CollectiveError.ranksMissing(group: name, ranks: missing, after: patience)
    watchdog.announceFailure(rank: rank, reason: "\(error)")
    throw error
  }
}
