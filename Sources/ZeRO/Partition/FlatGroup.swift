public import Collectives
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
  private let ranks: ProcessGroup
  private var staged = StagedShards()

  /// Moves `parameters` into a flat buffer of `dtype` on `device`; their tensors become views of it.
  ///
  /// - Parameters:
  ///   - ranks: among which the layout divides the buckets.
  ///   - value: yields the values of the parameter of this index; asked for one after another.
  /// - Throws: `TorchError` when memory runs out, what `value` throws.
  init(
    layout: FlatLayout, parameters: [Parameter], dtype: DType, device: Device, ranks: ProcessGroup,
    value: (Int) throws -> Tensor
  ) throws {
    precondition(
      layout.members.count == parameters.count,
      "the layout has \(layout.members.count) members for \(parameters.count) parameters")
    self.layout = layout
    self.parameters = parameters
    self.ranks = ranks
    values = try Tensor.empty([max(layout.elementCount, 1)], dtype: dtype, device: device)
    try withoutGradients {
      for (index, bucket) in layout.buckets.enumerated() {
        let memory = try values.narrow(dim: 0, start: bucket.offset, length: bucket.elementCount)
        try fill(bucket: index, in: memory, value: value)
      }
    }
  }

  /// The dtype of the working parameters.
  public var dtype: DType { values.dtype }
  /// Where the flat buffer lives.
  public var device: Device { values.device }
  /// Bytes of the flat buffer.
  public var keptByteCount: Int { values.byteCount }
  /// The flat buffer.
  public var residentValues: Tensor? { values }
  /// True: the flat buffer is in memory.
  public var isInMemory: Bool { true }
  /// The part of one bucket whose states `rank` keeps, a view with the values that it has.
  public func shardBuffer(_ index: Int, rank: Int) throws -> Tensor { try shardValues(index, rank: rank) }
  /// Nothing: values are written in place.
  public func storeShard(_ values: Tensor, _ index: Int) throws {}
  /// Keeps the values in memory.
  public func stage(_ values: Tensor, _ index: Int) { staged.add(values, index) }
  /// Copies the values into this rank's part.
  public func publishStaged(_ index: Int) throws {
    guard let values = staged.take(index) else { return }
    try shardValues(index, rank: ranks.rank).copyInPlace(values)
  }
  /// Frees the staged values.
  public func discardStaged() { staged.discard() }
  /// The most bytes that staged values have taken.
  public var peakStagedByteCount: Int { staged.peakByteCount }
  /// Nothing: the values stay.
  public func gradientsArrived(_ index: Int) {}

  /// An all-gather of the bucket in place.
  public func gatherUpdated(_ index: Int) throws -> Work? {
    guard layout.partitionCount > 1 else { return nil }
    let first = layout.buckets[index].entries.first.map { layout.members[$0.member].path } ?? ""
    return try ranks.allGather(
      into: bucketValues(index), from: shardValues(index, rank: ranks.rank),
      label: "parameters of the bucket that starts with \(first)")
  }

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
