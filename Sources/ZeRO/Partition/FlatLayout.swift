/// How the parameters of one flat group lie in buckets, and which slice of each bucket each rank owns.
///
/// ZeRO partitions the concatenation of a group's parameters (Rajbhandari et al., 2020, arXiv 1910.02054,
/// section 5). Here the concatenation is cut into buckets of whole parameters first, and every bucket is
/// divided evenly over the ranks, so that each reduce-scatter and each all-gather is balanced, and a bucket
/// can be reduced while backward still runs and gathered while the optimizer still steps. DeepSpeed cuts the
/// whole buffer into one range a rank instead; the bytes moved and kept are the same.
///
/// A layout is pure arithmetic: elements, no memory.
public struct FlatLayout: Sendable, Equatable {
  /// One parameter as the layout sees it.
  public struct Member: Sendable, Equatable {
    /// The parameter's path, such as `layers.3.mlp.up_proj.weight`.
    public let path: String
    /// The product of its dimensions; 1 for a scalar.
    public let elementCount: Int

    /// A parameter of `elementCount` elements.
    public init(path: String, elementCount: Int) {
      self.path = path
      self.elementCount = elementCount
    }
  }

  /// Where one parameter lies inside its bucket.
  public struct Entry: Sendable, Equatable {
    /// The index of the parameter among the group's members, in the caller's order.
    public let member: Int
    /// The first element, counted from the bucket's start.
    public let offset: Int
    /// The parameter's element count.
    public let elementCount: Int

    /// The parameter's elements, counted from the bucket's start.
    public var range: Range<Int> { offset..<offset + elementCount }
  }

  /// A run of whole parameters, padded so that every rank owns equally many elements of it.
  public struct Bucket: Sendable, Equatable {
    /// The first element, counted from the flat buffer's start.
    public let offset: Int
    /// Elements with padding: a multiple of the partition count.
    public let elementCount: Int
    /// The parameters inside, in buffer order.
    public let entries: [Entry]
    /// Elements that each rank owns.
    public let shardElementCount: Int

    /// The bucket's elements, counted from the flat buffer's start.
    public var range: Range<Int> { offset..<offset + elementCount }

    /// The elements behind the last parameter, counted from the bucket's start.
    public var padding: Range<Int> { (entries.last?.range.upperBound ?? 0)..<elementCount }

    /// The elements that `rank` owns, counted from the bucket's start.
    public func shard(of rank: Int) -> Range<Int> {
      rank * shardElementCount..<(rank + 1) * shardElementCount
    }
  }

  /// A piece of a parameter that one rank owns.
  public struct Fragment: Sendable, Equatable {
    /// The index of the parameter among the group's members.
    public let member: Int
    /// The piece, counted from the parameter's first element.
    public let parameterRange: Range<Int>
    /// Its first element, counted from the start of the rank's partition.
    public let partitionOffset: Int

    /// Its elements, counted from the start of the rank's partition.
    public var partitionRange: Range<Int> { partitionOffset..<partitionOffset + parameterRange.count }

    /// The same elements in fragments of at most `limit`.
    func parts(limit: Int) -> [Fragment] {
      SubGroups.parts(of: partitionRange, limit: limit).map { part in
        let start = parameterRange.lowerBound + part.lowerBound - partitionOffset
        return Fragment(
          member: member, parameterRange: start..<start + part.count, partitionOffset: part.lowerBound)
      }
    }
  }

  /// The parameters, in the caller's order.
  public let members: [Member]
  /// Ranks that share the group's states: N, or 1 at stage 0, where every rank keeps all of them.
  public let partitionCount: Int
  /// Ranks among which a bucket is divided on the wire: N at every stage.
  public let rankCount: Int
  /// The buckets, in buffer order.
  public let buckets: [Bucket]
  /// Elements of the whole flat buffer, padding included.
  public let elementCount: Int
  /// Elements of one rank's partition, padding included.
  public let partitionElementCount: Int

  /// Elements to which every rank's slice of a bucket is aligned: 64 bytes of bf16, so that no two ranks'
  /// slices share a cache line and vector loads of every dtype are aligned.
  public static let shardAlignment = 32

  /// The same where each rank's slice lies in a memory of its own: 16 bytes of bf16. Buckets of single modules are
  /// many, and padding is paid for each.
  public static let unitAlignment = 8

  /// Lays `members` out in buckets of equal size, as far as whole parameters allow.
  ///
  /// - Parameters:
  ///   - members: the group's parameters, in definition order.
  ///   - partitionCount: ranks that share the states, 1 or `rankCount`.
  ///   - rankCount: ranks that reduce gradients together, at least 1.
  ///   - bucketElementLimit: a bucket is closed before it would pass this many elements; a larger parameter
  ///     has a bucket of its own.
  ///   - order: in which order the buffer holds them.
  public init(
    members: [Member], partitionCount: Int, rankCount: Int, bucketElementLimit: Int, order: Order = .backward
  ) {
    var buckets: [[Int]] = []
    var filled = 0
    for member in order.sequence(count: members.count, rankCount: rankCount) {
      let count = members[member].elementCount
      if buckets.isEmpty || (filled > 0 && filled + count > bucketElementLimit) {
        buckets.append([])
        filled = 0
      }
      buckets[buckets.count - 1].append(member)
      filled += count
    }
    self.init(members: members, partitionCount: partitionCount, rankCount: rankCount, buckets: buckets)
  }

  /// Lays `members` out in given buckets.
  ///
  /// - Parameters:
  ///   - members: the group's parameters, in definition order.
  ///   - partitionCount: ranks that share the states, 1 or `rankCount`.
  ///   - rankCount: ranks that reduce gradients together, at least 1.
  ///   - buckets: for each bucket the indices of its members, in buffer order.
  ///   - alignment: elements of which every rank's slice is a multiple.
  public init(
    members: [Member], partitionCount: Int, rankCount: Int, buckets: [[Int]], alignment: Int = shardAlignment
  ) {
    precondition(
      rankCount > 0 && (partitionCount == 1 || partitionCount == rankCount),
      "\(rankCount) ranks keep 1 or \(rankCount) partitions, got \(partitionCount)")
    self.members = members
    self.partitionCount = partitionCount
    self.rankCount = rankCount
    let unit = rankCount * alignment
    var start = 0
    self.buckets = buckets.map { indices in
      var filled = 0
      let entries = indices.map { member in
        defer { filled += members[member].elementCount }
        return Entry(member: member, offset: filled, elementCount: members[member].elementCount)
      }
      let padded = (filled + unit - 1) / unit * unit
      defer { start += padded }
      return Bucket(
        offset: start, elementCount: padded, entries: entries, shardElementCount: padded / partitionCount)
    }
    elementCount = start
    partitionElementCount = start / partitionCount
  }

  /// The order in which a flat buffer holds a group's parameters.
  public enum Order: Sendable, Equatable {
    /// Last defined first: the order in which backward finishes gradients, so that buckets fill one by one.
    case backward
    /// `round_robin_gradients`: members 0, N, 2N, ... then 1, N+1, ...; neighbours in backward go to
    /// different buckets.
    case roundRobin

    func sequence(count: Int, rankCount: Int) -> [Int] {
      let reversed = Array((0..<count).reversed())
      switch self {
      case .backward: return reversed
      case .roundRobin:
        return (0..<rankCount).flatMap { first in
          stride(from: first, to: count, by: rankCount).map { reversed[$0] }
        }
      }
    }
  }

  /// Where each bucket's slice starts inside one rank's partition.
  public func partitionOffset(ofBucket index: Int) -> Int { buckets[index].offset / partitionCount }

  /// The pieces of parameters that `rank` owns, in partition order; padding belongs to none.
  public func fragments(of rank: Int) -> [Fragment] {
    buckets.indices.flatMap { index in
      let bucket = buckets[index]
      let shard = bucket.shard(of: rank)
      return bucket.entries.compactMap { entry -> Fragment? in
        let range = entry.range.clamped(to: shard)
        guard !range.isEmpty else { return nil }
        return Fragment(
          member: entry.member,
          parameterRange: range.lowerBound - entry.offset..<range.upperBound - entry.offset,
          partitionOffset: partitionOffset(ofBucket: index) + range.lowerBound - shard.lowerBound)
      }
    }
  }

  /// The parameter that holds element `offset` of `rank`'s partition, or nil for padding.
  public func member(atPartitionOffset offset: Int, of rank: Int) -> Int? {
    fragments(of: rank).last { $0.partitionRange.contains(offset) }?.member
  }
}
