import Collectives

/// The ranks that share one copy of the model's states, and those that keep the same part of other copies.
///
/// ZeRO has one copy for all ranks. MiCS (arXiv 2205.00119, section 3) has one in each group of consecutive ranks, so
/// that parameters are gathered inside of a group, where links are fast; only gradients cross, once a step.
struct ShardGroups {
  /// All data-parallel ranks.
  let all: ProcessGroup
  /// The ranks among which this rank's copy is divided.
  let shards: ProcessGroup
  /// The ranks that keep this rank's part, one of each copy; nil where there is one copy.
  let replicas: ProcessGroup?

  /// - Parameter shardGroupSize: consecutive ranks that share a copy; nil for all.
  /// - Throws: `CollectiveError.invalidArgument` for ranks that do not divide so.
  init(of group: ProcessGroup, shardGroupSize: Int?) throws(CollectiveError) {
    all = group
    guard let shardGroupSize, shardGroupSize != group.size else {
      shards = group
      replicas = nil
      return
    }
    let groups = try group.makeGroups(in: RankGrid(rankCount: group.size, rowLength: shardGroupSize))
    shards = groups.row
    replicas = groups.column
  }
}
