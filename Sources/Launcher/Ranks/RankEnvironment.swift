/// The environment variables by which a rank knows its place in the job.
public struct RankEnvironment: Sendable, Equatable {
  /// The variable with the number of threads that fill the machine once; our runtime reads it.
  public static let threadsVariable = "DEEPSPEED_THREADS_PER_RANK"
  /// The variable that tells rank 0 the width of the terminal on which it may redraw a line in place.
  public static let terminalWidthVariable = "DEEPSPEED_TERMINAL_WIDTH"

  /// The global rank.
  public var rank: Int
  /// The number of ranks over all nodes.
  public var worldSize: Int
  /// The rank among those of the same node.
  public var localRank: Int
  /// The number of ranks on the same node.
  public var localSize: Int
  /// The number of the node.
  public var nodeRank: Int
  /// The number of nodes.
  public var nodeCount: Int
  /// The address of the machine on which rank 0 listens.
  public var masterAddress: String
  /// The port on which rank 0 listens.
  public var masterPort: Int

  /// The place of one local rank in a job.
  /// - Parameters:
  ///   - pool: all nodes; they may have different numbers of slots.
  ///   - node: the number of this node.
  ///   - localRank: the rank on this node.
  ///   - masterAddress: where rank 0 listens.
  ///   - masterPort: the port there.
  public init(pool: ResourcePool, node: Int, localRank: Int, masterAddress: String, masterPort: Int) {
    rank = pool.firstRank(onNode: node) + localRank
    worldSize = pool.worldSize
    self.localRank = localRank
    localSize = pool.nodes[node].slots.count
    nodeRank = node
    nodeCount = pool.nodes.count
    self.masterAddress = masterAddress
    self.masterPort = masterPort
  }

  /// Reads what ``variables`` wrote.
  /// - Returns: nil when neither `RANK` nor `WORLD_SIZE` is set: the process was not launched as a rank.
  /// - Throws: ``LaunchError`` when the variables are incomplete, malformed or contradict each other.
  public init?(environment: [String: String]) throws(LaunchError) {
    if environment["RANK"] == nil, environment["WORLD_SIZE"] == nil { return nil }
    let reader = VariableReader(environment: environment)
    worldSize = try reader.number("WORLD_SIZE", in: 1...Int.max)
    rank = try reader.number("RANK", in: 0...worldSize - 1)
    localSize = try reader.number("LOCAL_SIZE", in: 1...worldSize, default: worldSize)
    localRank = try reader.number("LOCAL_RANK", in: 0...localSize - 1)
    nodeCount = try reader.number("CROSS_SIZE", in: 1...worldSize, default: 1)
    nodeRank = try reader.number("CROSS_RANK", in: 0...nodeCount - 1, default: 0)
    masterAddress = try reader.text("MASTER_ADDR", default: worldSize == 1 ? "127.0.0.1" : nil)
    masterPort = try reader.number(
      "MASTER_PORT", in: 1...65_535, default: worldSize == 1 ? MasterPort.standard : nil)
  }

  /// The threads that ``threadsVariable`` asks for; nil when it is not set.
  /// - Throws: ``LaunchError/badValue(option:found:expected:)`` for anything but a whole number of at least
  ///   1.
  public static func threadCount(environment: [String: String]) throws(LaunchError) -> Int? {
    guard environment[threadsVariable] != nil else { return nil }
    let reader = VariableReader(environment: environment)
    return try reader.number(threadsVariable, in: 1...LaunchOptions.mostRanks)
  }

  /// The variables to set for this rank.
  public var variables: [String: String] {
    [
      "RANK": "\(rank)", "WORLD_SIZE": "\(worldSize)", "LOCAL_RANK": "\(localRank)",
      "LOCAL_SIZE": "\(localSize)",
      "CROSS_RANK": "\(nodeRank)", "CROSS_SIZE": "\(nodeCount)", "MASTER_ADDR": masterAddress,
      "MASTER_PORT": "\(masterPort)",
    ]
  }
}

/// Typed reading of environment variables.
struct VariableReader {
  let environment: [String: String]

  func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws(LaunchError)
    -> Int
  {
    guard let text = environment[name] else {
      if let fallback { return fallback }
      throw .missingVariable(
        name: name,
        reason: "a rank started by hand needs RANK, WORLD_SIZE, LOCAL_RANK, "
          + "MASTER_ADDR and MASTER_PORT; `deepspeed --num_gpus N PROGRAM` sets them all")
    }
    guard let value = Int(text.trimmed), range.contains(value) else {
      let bound =
        range.upperBound == Int.max
        ? "of \(range.lowerBound) or more"
        : "from \(range.lowerBound) to \(range.upperBound)"
      throw .badValue(option: name, found: text, expected: "a whole number \(bound)")
    }
    return value
  }

  func text(_ name: String, default fallback: String? = nil) throws(LaunchError) -> String {
    if let text = environment[name], !text.isEmpty { return text }
    if let fallback { return fallback }
    throw .missingVariable(name: name, reason: "every rank needs the address of rank 0")
  }
}
