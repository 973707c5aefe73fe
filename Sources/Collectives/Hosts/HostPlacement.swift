/// Which ranks share a host: whose messages go through its memory, and whose over the network.
public struct HostPlacement: Sendable, Hashable {
  /// The number of the host of each rank; hosts are numbered in the order of their first ranks.
  public let hostOfRank: [Int]
  /// The number of hosts.
  public let hostCount: Int

  /// Ranks whose hosts have these names.
  public init<Name: Hashable>(hostNames: [Name]) {
    var numbers: [Name: Int] = [:]
    for name in hostNames where numbers[name] == nil { numbers[name] = numbers.count }
    hostOfRank = hostNames.map { numbers[$0, default: 0] }
    hostCount = numbers.count
  }

  /// `rankCount` consecutive ranks, so many on each host; the last host may have fewer.
  public init(rankCount: Int, ranksPerHost: Int) {
    self.init(hostNames: (0..<rankCount).map { $0 / Swift.max(1, ranksPerHost) })
  }

  /// The placement of some of the ranks, which count from 0 in the order given.
  public func of(_ ranks: [Int]) -> HostPlacement { HostPlacement(hostNames: ranks.map { hostOfRank[$0] }) }

  /// The ranks of a host, in order.
  public func ranks(onHost host: Int) -> [Int] { hostOfRank.indices.filter { hostOfRank[$0] == host } }

  /// A rank's number among those of its host, from 0.
  public func place(of rank: Int) -> Int { hostOfRank[..<rank].count { $0 == hostOfRank[rank] } }

  /// How many ranks every host has; nil when they differ.
  public var ranksPerHost: Int? {
    let counts = Set((0..<hostCount).map { ranks(onHost: $0).count })
    return counts.count == 1 ? counts.first : nil
  }
}
