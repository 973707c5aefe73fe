/// The nodes of a job, in rank order, each with the slots (devices, or places for a CPU rank) it offers.
public struct ResourcePool: Sendable, Equatable {
  /// One machine and the slots to use on it.
  public struct Node: Sendable, Equatable {
    /// The name by which ssh and the other ranks reach the machine.
    public var host: String
    /// Slot numbers in ascending order; each slot gets one rank.
    public var slots: [Int]

    /// A machine with the given slots.
    public init(host: String, slots: [Int]) {
      self.host = host
      self.slots = slots
    }
  }

  /// The nodes in the order of the hostfile; ranks count through them in this order.
  public var nodes: [Node]

  /// A pool of the given nodes.
  public init(_ nodes: [Node]) { self.nodes = nodes }

  /// This machine alone, with `slotCount` slots.
  public static func local(slotCount: Int) -> ResourcePool {
    ResourcePool([Node(host: "localhost", slots: Array(0..<slotCount))])
  }

  /// The host names in order.
  public var hosts: [String] { nodes.map(\.host) }

  /// The number of ranks over all nodes.
  public var worldSize: Int { nodes.reduce(0) { $0 + $1.slots.count } }

  /// The global rank of the first process on node `index`; nodes may have different numbers of slots.
  public func firstRank(onNode index: Int) -> Int {
    nodes[..<index].reduce(0) { $0 + $1.slots.count }
  }

  /// The number of slots of every node where all have the same, otherwise nil.
  public var uniformSlotCount: Int? {
    guard let first = nodes.first?.slots.count else { return nil }
    return nodes.allSatisfy { $0.slots.count == first } ? first : nil
  }

  subscript(host: String) -> Node? { nodes.first { $0.host == host } }
}
