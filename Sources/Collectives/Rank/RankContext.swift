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
  private let maker: GroupMaker
  private var watchdog: Watchdog { maker.lease.watchdog }

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
    self.timeout = timeout
    let lease = WatchdogLease(Watchdog(rank: rank, timeout: timeout, store: try store.separateConnection()))
    registered(lease.watchdog)
    maker = GroupMaker(
      rank: rank, store: store, hosts: hosts, address: address, transport: transport, lease: lease)
    world = try maker.make(name: "world", members: Array(0..<worldSize), transport: nil)
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
    try world.makeGroup(of: ranks, name: name, transport: transport)
  }

  /// Bytes that this rank has sent to others in all groups that it ever made, by link; what it read from windows is
  /// counted by their groups.
  public var sent: LinkBytes { watchdog.sent }

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
}
