import CKernels
import Collectives
public import Layers
public import Torch

/// Parameters of which this rank keeps its shards only: the others' are gathered while they are used
/// (ZeRO stage 3, arXiv 1910.02054, section 5.3).
///
/// A bucket holds the parameters of one gather unit, so that what is gathered, reduced and updated together lies
/// together and needs no copying.
public final class ShardedGroup: ParameterGroup {
  public let layout: FlatLayout
  public let parameters: [Parameter]
  public let dtype: DType
  public let device: Device
  /// This rank's shards, `[layout.partitionElementCount]`.
  private let shards: Tensor
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
    gatherer: ParameterGatherer, processGroup: ProcessGroup, value: (Int) throws -> Tensor
  ) throws {
    self.layout = layout
    self.parameters = parameters
    self.dtype = dtype
    self.device = device
    shards = try gatherer.source.ownShards(
      byteOffset: byteOffset, elementCount: layout.partitionElementCount, dtype: dtype)
    units = try withoutGradients {
      try layout.buckets.indices.map { index in
        let whole = try fill(bucket: index, value)
        try ShardedGroup.takeFirstRanksValues(whole, of: processGroup)
        let range = layout.buckets[index].shard(of: processGroup.rank)
        let shard = try shardValues(index, rank: processGroup.rank)
        try shard.copyInPlace(whole.narrow(dim: 0, start: range.lowerBound, length: range.count))
        try whole.resizeStorage(byteCount: 0)
        return try gatherer.add(
          label: label(of: index), whole: whole, shard: shard, shardRange: range,
          parameters: layout.buckets[index].entries.map { (parameters[$0.member], $0.range) },
          byteOffset: byteOffset + layout.partitionOffset(ofBucket: index) * dtype.byteCount)
      }
    }
  }

  /// One bucket's values, of which the parameters' tensors become views.
  private func fill(bucket index: Int, _ value: (Int) throws -> Tensor) throws -> Tensor {
    let bucket = layout.buckets[index]
    let whole = try Tensor.empty([bucket.elementCount], dtype: dtype, device: device)
    for entry in bucket.entries {
      let parameter = parameters[entry.member]
      let view = try whole.narrow(dim: 0, start: entry.offset, length: entry.elementCount).view(parameter.shape)
      try view.copyInPlace(value(entry.member))
      try parameter.setTensor(try view.detached())
    }
    let padding = bucket.padding
    if !padding.isEmpty {
      try whole.narrow(dim: 0, start: padding.lowerBound, length: padding.count).zeroInPlace()
    }
    return whole
  }

  private static func takeFirstRanksValues(_ whole: Tensor, of group: ProcessGroup) throws {
    guard group.size > 1 else { return }
    let sum = try whole.to(.cpu).withUnsafeMutableBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
    let own = withUnsafeBytes(of: sum.littleEndian, Array.init)
    let all = try group.allGather(bytes: own, label: "checksum of parameters")
    guard all.contains(where: { $0 != all[0] }) else { return }
    try group.broadcast(whole, from: 0, label: "parameters").wait()
  }

  private func label(of index: Int) -> String {
    let entries = layout.buckets[index].entries
    let first = entries.first.map { layout.members[$0.member].path } ?? ""
    return entries.count == 1 ? first : "\(first) and \(entries.count - 1) more"
  }

  public var keptByteCount: Int { shards.byteCount }

  public func shardValues(_ index: Int, rank: Int) throws -> Tensor {
    try shards.narrow(
      dim: 0, start: layout.partitionOffset(ofBucket: index), length: layout.buckets[index].shardElementCount)
  }
}
