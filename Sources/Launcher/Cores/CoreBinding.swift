/// The cores that each local rank is bound to.
public struct CoreBinding: Sendable, Equatable {
  /// For each local rank its cores, ascending; all ranks get equally many.
  public let coresOfRank: [[Int]]

  /// The number of threads a rank should use, one for each of its cores.
  public var threadsPerRank: Int { coresOfRank.first?.count ?? 1 }

  /// Splits cores evenly over the ranks of one node.
  /// - Parameters:
  ///   - list: the cores to use, as `--bind_core_list` gives them; nil for all physical cores.
  ///   - rankCount: the number of ranks on this node.
  ///   - topology: the cores of this node.
  ///   - environment: checked for settings that would fight with the binding.
  /// - Throws: ``LaunchError`` when there are fewer cores than ranks, the list is malformed, or
  ///   `KMP_AFFINITY` is set.
  public init(
    list: String?, rankCount: Int, topology: CoreTopology, environment: [String: String]
  ) throws(LaunchError) {
    if environment["KMP_AFFINITY"] != nil {
      throw .conflictingOptions(
        ["--bind_cores_to_rank", "KMP_AFFINITY"], reason: "both bind threads to cores; unset KMP_AFFINITY")
    }
    let cores =
      try list.map { text throws(LaunchError) in try CoreList.parse(text) } ?? topology.physicalCores
    let share = cores.count / max(1, rankCount)
    if share == 0 {
      throw .notEnough(
        what: "cores (one for each rank of this node)", asked: rankCount, available: cores.count,
        remedy: "Start fewer ranks, list more cores in --bind_core_list, or leave --bind_cores_to_rank out")
    }
    coresOfRank = (0..<rankCount).map { Array(cores[$0 * share..<($0 + 1) * share]) }
  }
}
