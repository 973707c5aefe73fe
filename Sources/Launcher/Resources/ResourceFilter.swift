/// The choice of nodes and slots out of a pool: `--include`, `--exclude`, `--num_nodes` and `--num_gpus`.
///
/// Include and exclude follow the grammar `NODE[:SLOT,SLOT...][@NODE...]`. A node without slots means all of
/// its slots. The order of nodes always follows the hostfile, and nodes left without slots are dropped.
public struct ResourceFilter: Sendable, Equatable {
  /// The nodes and slots to keep; empty for all.
  public var include: String
  /// The nodes and slots to leave out; empty for none.
  public var exclude: String
  /// The number of nodes to use from the top of the pool; nil for all.
  public var nodeCount: Int?
  /// The number of slots to use on every node; nil for all.
  public var slotsPerNode: Int?

  /// A filter; without arguments one that keeps everything.
  public init(include: String = "", exclude: String = "", nodeCount: Int? = nil, slotsPerNode: Int? = nil) {
    self.include = include
    self.exclude = exclude
    self.nodeCount = nodeCount
    self.slotsPerNode = slotsPerNode
  }

  /// The part of a pool that the filter keeps.
  /// - Throws: ``LaunchError`` for unknown hosts or slots, malformed or combined filters, counts beyond the
  ///   pool, and when nothing is left.
  public func applied(to pool: ResourcePool) throws(LaunchError) -> ResourcePool {
    try checkCombinations()
    var result = pool
    if !include.isEmpty { result = try included(in: pool) }
    if !exclude.isEmpty { result = try excluded(from: pool) }
    if let nodeCount { result = try truncated(result, toNodes: nodeCount) }
    if let slotsPerNode { result = try truncated(result, toSlots: slotsPerNode) }
    result.nodes.removeAll { $0.slots.isEmpty }
    if result.nodes.isEmpty {
      throw .nothingToRunOn(reason: exclude.isEmpty ? "the pool is empty" : "--exclude removes all of them")
    }
    return result
  }

  private func checkCombinations() throws(LaunchError) {
    if !include.isEmpty && !exclude.isEmpty {
      throw .conflictingOptions(
        ["--include", "--exclude"], reason: "one of them already says which slots to use")
    }
    if let option = include.isEmpty ? (exclude.isEmpty ? nil : "--exclude") : "--include" {
      if nodeCount != nil {
        throw .conflictingOptions([option, "--num_nodes"], reason: "the filter already names the nodes")
      }
      if slotsPerNode != nil {
        throw .conflictingOptions([option, "--num_gpus"], reason: "the filter already names the slots")
      }
    }
  }

  private func included(in pool: ResourcePool) throws(LaunchError) -> ResourcePool {
    var chosen: [String: Set<Int>] = [:]
    for (node, slots) in try Self.parse(include, option: "--include", pool: pool) {
      chosen[node.host, default: []].formUnion(slots ?? node.slots)
    }
    return ResourcePool(
      pool.nodes.map { ResourcePool.Node(host: $0.host, slots: (chosen[$0.host] ?? []).sorted()) })
  }

  private func excluded(from pool: ResourcePool) throws(LaunchError) -> ResourcePool {
    var removed: [String: Set<Int>] = [:]
    for (node, slots) in try Self.parse(exclude, option: "--exclude", pool: pool) {
      removed[node.host, default: []].formUnion(slots ?? node.slots)
    }
    return ResourcePool(
      pool.nodes.map { node in
        ResourcePool.Node(
          host: node.host, slots: node.slots.filter { !(removed[node.host]?.contains($0) ?? false) })
      })
  }

  private func truncated(_ pool: ResourcePool, toNodes count: Int) throws(LaunchError) -> ResourcePool {
    if count < 1 { throw .badValue(option: "--num_nodes", found: "\(count)", expected: "1 or more") }
    if count > pool.nodes.count {
      throw .notEnough(
        what: "nodes", asked: count, available: pool.nodes.count,
        remedy: "List more hosts in the hostfile, or lower --num_nodes")
    }
    return ResourcePool(Array(pool.nodes[..<count]))
  }

  private func truncated(_ pool: ResourcePool, toSlots count: Int) throws(LaunchError) -> ResourcePool {
    if count < 1 { throw .badValue(option: "--num_gpus", found: "\(count)", expected: "1 or more") }
    var result = pool
    for index in result.nodes.indices {
      let node = result.nodes[index]
      if count > node.slots.count {
        throw .notEnough(
          what: "slots on host \"\(node.host)\"", asked: count, available: node.slots.count,
          remedy: "Raise its slots= in the hostfile, or lower --num_gpus")
      }
      result.nodes[index].slots = Array(node.slots[..<count])
    }
    return result
  }

  private typealias Choice = (node: ResourcePool.Node, slots: [Int]?)

  private static func parse(
    _ text: String, option: String, pool: ResourcePool
  ) throws(LaunchError) -> [Choice] {
    var choices: [Choice] = []
    for part in text.split(separator: "@", omittingEmptySubsequences: false) {
      let fields = part.split(separator: ":", omittingEmptySubsequences: false)
      let host = String(fields[0]).trimmed
      if host.isEmpty || fields.count > 2 {
        throw .badValue(option: option, found: text, expected: "NODE[:SLOT,SLOT...][@NODE...]")
      }
      guard let node = pool[host] else {
        throw .unknownHost(option: option, host: host, known: pool.hosts)
      }
      choices.append((node, fields.count == 2 ? try slots(fields[1], of: node, option: option) : nil))
    }
    return choices
  }

  private static func slots(
    _ text: Substring, of node: ResourcePool.Node, option: String
  ) throws(LaunchError) -> [Int] {
    var result: [Int] = []
    for field in text.split(separator: ",", omittingEmptySubsequences: false) {
      let digits = String(field).trimmed
      guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit), let slot = Int(digits) else {
        throw .badValue(
          option: option, found: "\(node.host):\(text)",
          expected: "slot numbers with commas between, such as 0,2")
      }
      if !node.slots.contains(slot) {
        throw .unknownSlot(option: option, host: node.host, slot: slot, available: node.slots)
      }
      result.append(slot)
    }
    return result
  }
}
