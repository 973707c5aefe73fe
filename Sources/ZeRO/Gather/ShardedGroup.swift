public import Collectives
public import Layers
public import Torch

/// Parameters of which this rank keeps its shards only: the others' are gathered while they are used
/// (ZeRO stage 3, arXiv 1910.02054, section 5.3).
///
/// A bucket holds the parameters of one gather unit, so that what is gathered, reduced and updated together lies
/// together and needs no copying.
public final class ShardedGroup: ParameterGroup {
  /// Which elements lie where: a bucket for each unit.
  public let layout: FlatLayout
  /// The parameters, in the order of `layout.members`.
  public let parameters: [Parameter]
  /// The dtype of the working parameters.
  public let dtype: DType
  /// Where gathered parameters live.
  public let device: Device
  private let gatherer: ParameterGatherer
  private let byteOffset: Int
  private let rank: Int
  private var staged = StagedShards()
  private var source: any ShardSource { gatherer.source }
  private(set) var units: [GatherUnit] = []

  /// Takes this rank's shards of `parameters`, whose tensors then have memory only while they are gathered. Where
  /// the ranks' values differ, rank 0's are taken.
  ///
  /// - Parameters:
  ///   - byteOffset: where the group's shards begin in the source.
  ///   - value: yields a parameter's values; asked for one unit after another, so that a model larger than memory
  ///     is never whole.
  init(
    layout: FlatLayout, parameters: [Parameter], dtype: DType, device: Device, byteOffset: Int,
    gatherer: ParameterGatherer, ranks: ShardGroups, value: (Int) throws -> Tensor
  ) throws {
    self.layout = layout
    self.parameters = parameters
    self.dtype = dtype
    self.device = device
    self.byteOffset = byteOffset
    rank = ranks.shards.rank
    self.gatherer = gatherer
    units = try withoutGradients {
      try layout.buckets.indices.map { index in
        let whole = try Tensor.empty([layout.buckets[index].elementCount], dtype: dtype, device: device)
        try fill(bucket: index, in: whole, value: value)
        try ranks.all.takeFirstRanksValues(whole, pieces: [0..<whole.elementCount])
        let range = layout.buckets[index].shard(of: ranks.shards.rank)
        let shard = try shardBuffer(index, rank: ranks.shards.rank)
        try shard.copyInPlace(whole.narrow(dim: 0, start: range.lowerBound, length: range.count))
        try storeShard(shard, index)
        try whole.resizeStorage(byteCount: 0)
        return try gatherer.add(
          label: label(of: index), whole: whole, shardRange: range,
          parameters: layout.buckets[index].entries.map { (parameters[$0.member], $0.range) },
          byteOffset: place(of: index))
      }
    }
  }

  private func label(of index: Int) -> String {
    let entries = layout.buckets[index].entries
    let first = entries.first.map { layout.members[$0.member].path } ?? ""
    return entries.count == 1 ? first : "\(first) and \(entries.count - 1) more"
  }

  /// Where a bucket's shard begins in the source.
  private func place(of index: Int) -> Int { byteOffset + layout.partitionOffset(ofBucket: index) * dtype.byteCount }

  /// Bytes of this rank's shards that lie in memory.
  public var keptByteCount: Int {
    layout.buckets.indices.reduce(0) {
      $0 + source.keptByteCount(
        byteOffset: place(of: $1), byteCount: layout.buckets[$1].shardElementCount * dtype.byteCount)
    }
  }

  /// Nil: shards lie in the source.
  public var residentValues: Tensor? { nil }

  /// Whether all of this rank's shards lie in memory.
  public var isInMemory: Bool { layout.buckets.indices.allSatisfy { source.isInMemory(byteOffset: place(of: $0)) } }

  /// This rank's shard of one bucket, `[bucket.shardElementCount]`: a view where it is in memory, else a copy.
  public func shardValues(_ index: Int, rank: Int) throws -> Tensor {
    try source.ownShard(
      byteOffset: place(of: index), elementCount: layout.buckets[index].shardElementCount, dtype: dtype)
  }

  /// A tensor for new values of this rank's shard, without the old ones where it is not in memory.
  public func shardBuffer(_ index: Int, rank: Int) throws -> Tensor {
    if source.isInMemory(byteOffset: place(of: index)) { return try shardValues(index, rank: rank) }
    return try Tensor.empty([layout.buckets[index].shardElementCount], dtype: dtype, device: device)
  }

  /// Takes new values of this rank's shard of one bucket, which nobody changes any more.
  public func storeShard(_ values: Tensor, _ index: Int) throws {
    try source.storeOwnShard(values, byteOffset: place(of: index))
  }

  /// Keeps the values as the shards are kept: in memory, or in a file beside theirs.
  public func stage(_ values: Tensor, _ index: Int) throws {
    let place = place(of: index)
    if source.isInMemory(byteOffset: place) {
      staged.add(values, index)
    } else {
      try source.stageOwnShard(values, byteOffset: place)
    }
  }

  /// Copies the values into this rank's shard, or makes the file that holds them the one that is read.
  public func publishStaged(_ index: Int) throws {
    if let values = staged.take(index) { try shardValues(index, rank: rank).copyInPlace(values) }
    source.publishStaged(byteOffset: place(of: index))
  }

  /// Forgets the staged values.
  public func discardStaged() throws {
    staged.discard()
    try source.discardStaged()
  }

  /// The most bytes of memory that staged values have taken.
  public var peakStagedByteCount: Int { staged.peakByteCount }

  /// The unit is needed no more, unless it will be soon.
  public func gradientsArrived(_ index: Int) throws { try gatherer.gradientsArrived(of: units[index]) }

  /// Nil: values are gathered when they are used.
  public func gatherUpdated(_ index: Int) -> Work? { nil }
}
