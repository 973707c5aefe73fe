import CKernels
import Collectives
public import Layers
public import Torch

/// The working parameters of one optimizer group in one flat buffer; each parameter's tensor is a view of it.
///
/// One group is one kernel call and one collective a bucket, whatever the number of parameters
/// (arXiv 1910.02054, section 5).
public final class FlatGroup: ParameterGroup {
  /// Which elements lie where.
  public let layout: FlatLayout
  /// The parameters, in the order of `layout.members`.
  public let parameters: [Parameter]
  /// All working parameters, `[layout.elementCount]`, in the dtype of training.
  public let values: Tensor

  /// Moves `parameters` into a flat buffer of `dtype` on `device`; their tensors become views of it.
  ///
  /// - Parameter value: yields the values of the parameter of this index; asked for one after another.
  /// - Throws: `TorchError` when memory runs out, what `value` throws.
  init(
    layout: FlatLayout, parameters: [Parameter], dtype: DType, device: Device, value: (Int) throws -> Tensor
  ) throws {
    precondition(
      layout.members.count == parameters.count,
      "the layout has \(layout.members.count) members for \(parameters.count) parameters")
    self.layout = layout
    self.parameters = parameters
    values = try Tensor.empty([max(layout.elementCount, 1)], dtype: dtype, device: device)
    try withoutGradients {
      for bucket in layout.buckets {
        for entry in bucket.entries {
          let parameter = parameters[entry.member]
          let view = try values.narrow(dim: 0, start: bucket.offset + entry.offset, length: entry.elementCount)
            .view(parameter.shape)
          try view.copyInPlace(value(entry.member))
          try parameter.setTensor(try view.detached())
        }
        let padding = bucket.padding
        if !padding.isEmpty {
          let start = bucket.offset + padding.lowerBound
          try values.narrow(dim: 0, start: start, length: padding.count).zeroInPlace()
        }
      }
    }
  }

  /// Makes the values of the group's first rank those of all its ranks, which all call this.
  ///
  /// Ranks that drew from one seed or read one file have the same values already, so checksums of the buckets
  /// go first, and the values only when one differs.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  func takeValuesOfFirstRank(of processGroup: ProcessGroup) throws {
    guard processGroup.size > 1 else { return }
    let own = try checksums().flatMap { sum in withUnsafeBytes(of: sum.littleEndian, Array.init) }
    let all = try processGroup.allGather(bytes: own, label: "checksums of the parameters")
    guard all.contains(where: { $0 != all[0] }) else { return }
    try processGroup.broadcast(values, from: 0, label: "parameters").wait()
  }

  /// The CRC-32C of each bucket's values, the same on every device.
  private func checksums() throws -> [UInt32] {
    try layout.buckets.indices.map { index in
      try bucketValues(index).to(.cpu).withUnsafeMutableBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
    }
  }

  /// The dtype of the working parameters.
  public var dtype: DType { values.dtype }
  /// Where the flat buffer lives.
  public var device: Device { values.device }
  /// Bytes of the flat buffer.
  public var keptByteCount: Int { values.byteCount }
  /// True: the flat buffer is in memory.
  public var isInMemory: Bool { true }
  /// The part of one bucket whose states `rank` keeps, a view with the values that it has.
  public func shardBuffer(_ index: Int, rank: Int) throws -> Tensor { try shardValues(index, rank: rank) }
  /// Nothing: values are written in place.
  public func storeShard(_ values: Tensor, _ index: Int) throws {}

  /// The elements of one bucket, `[bucket.elementCount]`, a view.
  public func bucketValues(_ index: Int) throws -> Tensor {
    let bucket = layout.buckets[index]
    return try values.narrow(dim: 0, start: bucket.offset, length: bucket.elementCount)
  }

  /// The part of one bucket whose states `rank` keeps, `[bucket.shardElementCount]`, a view.
  public func shardValues(_ index: Int, rank: Int) throws -> Tensor {
    let bucket = layout.buckets[index]
    let shard = bucket.shard(of: layout.partitionCount == 1 ? 0 : rank)
    return try values.narrow(dim: 0, start: bucket.offset + shard.lowerBound, length: shard.count)
  }
}
