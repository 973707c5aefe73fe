/// Ranks in rows and columns of equal length. The ranks of a row are close to each other, those of a host or of a
/// shard group; a column has the ranks of the same place in every row.
///
/// hpZ (arXiv 2306.10209, section 3.2) gathers in rows of a host's ranks, MiCS (arXiv 2205.00119) shards in rows and
/// copies along columns, and the two hops of qgZ go along the row and then along the column.
public struct RankGrid: Sendable, Hashable {
  /// The ranks of each row, in order.
  public let rows: [[Int]]

  /// Rows of consecutive ranks.
  ///
  /// - Parameters:
  ///   - rankCount: all ranks.
  ///   - rowLength: ranks of a row; it must divide their number.
  /// - Throws: `CollectiveError.invalidArgument`.
  public init(rankCount: Int, rowLength: Int) throws(CollectiveError) {
    guard rowLength > 0, rankCount > 0, rankCount % rowLength == 0 else {
      throw .invalidArgument(
        operation: "division of ranks into groups",
        reason: "\(rankCount) ranks do not divide into groups of \(rowLength): choose a divisor of \(rankCount)")
    }
    rows = stride(from: 0, to: rankCount, by: rowLength).map { Array($0..<$0 + rowLength) }
  }

  /// A row for each host.
  ///
  /// - Throws: `CollectiveError.invalidArgument` when the hosts have unequal numbers of ranks.
  public init(hosts: HostPlacement) throws(CollectiveError) {
    guard hosts.ranksPerHost != nil else {
      let counts = (0..<hosts.hostCount).map { "\(hosts.ranks(onHost: $0).count)" }.joined(separator: ", ")
      throw .invalidArgument(
        operation: "division of ranks into hosts",
        reason: "the hosts have unequal numbers of ranks (\(counts)): give each the same, or name a group size")
    }
    rows = (0..<hosts.hostCount).map { hosts.ranks(onHost: $0) }
  }

  /// How many ranks stand in each row: those of a host, or of a shard group.
  public var rowLength: Int { rows[0].count }

  /// The number of the row of a rank.
  public func rowNumber(of rank: Int) -> Int { rows.firstIndex { $0.contains(rank) } ?? 0 }

  /// The ranks of a rank's row: those from which it gathers what the row shares.
  public func row(of rank: Int) -> [Int] { rows[rowNumber(of: rank)] }

  /// The ranks of a rank's column: those that hold the same share as it.
  public func column(of rank: Int) -> [Int] {
    let place = row(of: rank).firstIndex(of: rank) ?? 0
    return rows.map { $0[place] }
  }
}

/// A rank's groups in a grid: all ranks, its row and its column.
public struct GridGroups {
  /// The arrangement, in ranks of ``whole``.
  public let grid: RankGrid
  /// All ranks of the grid.
  public let whole: ProcessGroup
  /// The ranks of this one's row, in order.
  public let row: ProcessGroup
  /// The ranks of this one's column, in order of the rows.
  public let column: ProcessGroup
}

extension ProcessGroup {
  /// Makes the groups of this rank's row and column; all ranks of the group call this in the same order.
  ///
  /// - Parameter grid: the arrangement, in ranks of this group.
  /// - Throws: `CollectiveError`.
  public func makeGroups(in grid: RankGrid) throws(CollectiveError) -> GridGroups {
    func make(_ ranks: [Int], _ kind: String) throws(CollectiveError) -> ProcessGroup {
      let name = "\(kind) of ranks \(ranks.map { "\(globalRanks[$0])" }.joined(separator: ","))"
      guard let made = try makeGroup(of: ranks, name: name) else {
        throw .invalidArgument(operation: "making of a group", reason: "rank \(rank) is not in its own \(kind)")
      }
      return made
    }
    return GridGroups(
      grid: grid, whole: self, row: try make(grid.row(of: rank), "row"),
      column: try make(grid.column(of: rank), "column"))
  }
}
