/// Makes the groups of one rank.
final class GroupMaker {
  private let rank: Int
  private let store: Store
  private let hosts: HostPlacement
  private let address: String
  private let transport: Transport
  let lease: WatchdogLease
  /// How often a group of a name was made.
  private var counts: [String: Int] = [:]

  init(
    rank: Int, store: Store, hosts: HostPlacement, address: String, transport: Transport, lease: WatchdogLease
  ) {
    self.rank = rank
    self.store = store
    self.hosts = hosts
    self.address = address
    self.transport = transport
    self.lease = lease
  }

  /// Connects this rank to the other members, who do the same.
  ///
  /// - Parameters:
  ///   - name: what messages call the group.
  ///   - members: counted over all processes; this rank is one of them.
  ///   - transport: how they reach each other; nil for the way of the world.
  /// - Throws: `CollectiveError.ranksMissing`.
  func make(name: String, members: [Int], transport: Transport?) throws(CollectiveError) -> ProcessGroup {
    counts[name, default: 0] += 1
    let key = "group/\(name)/\(counts[name, default: 1])"
    let own = members.firstIndex(of: rank) ?? 0
    let hosts = hosts.of(members)
    guard members.count > 1 else {
      return ProcessGroup(
        name: name, rank: own, globalRanks: members, hosts: hosts, connection: nil, maker: self)
    }
    let watchdog = lease.watchdog
    try meet("\(key)/arrived", name: name, members: members, patience: watchdog.timeout)
    let patience = Swift.max(watchdog.timeout, .seconds(30))
    let connection = try store.prefixed("\(key)/gloo").connect(
      rank: own, hosts: hosts, address: address, transport: transport ?? self.transport, timeout: patience)
    // A member that left as soon as it is connected would break the connections that the others still make.
    try meet("\(key)/connected", name: name, members: members, patience: patience)
    let group = ProcessGroup(
      name: name, rank: own, globalRanks: members, hosts: hosts, connection: connection, maker: self)
    try watchdog.watch(group.ledger)
    return group
  }

  /// Waits until all members have come to a point, so that those who do not can be named.
  private func meet(
    _ point: String, name: String, members: [Int], patience: Duration
  ) throws(CollectiveError) {
    let watchdog = lease.watchdog
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
