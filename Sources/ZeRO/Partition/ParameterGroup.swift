import CKernels
public import Collectives
public import Layers
public import Torch

/// The working parameters of one optimizer group, laid out in buckets of which every rank owns an equal shard.
///
/// ``FlatGroup`` keeps all of them on every rank, ``ShardedGroup`` this rank's shards only.
public protocol ParameterGroup: AnyObject {
  /// Which elements lie where.
  var layout: FlatLayout { get }
  /// The parameters, in the order of `layout.members`.
  var parameters: [Parameter] { get }
  /// The dtype of the working parameters.
  var dtype: DType { get }
  /// Where they live.
  var device: Device { get }
  /// Bytes that this rank keeps of them all the time.
  var keptByteCount: Int { get }
  /// The working values that the group keeps in a buffer of its own; nil where its shards lie in a source.
  var residentValues: Tensor? { get }

  /// Whether this rank's part of a bucket lies in memory, where it is read and written in place, and in f32 is its own
  /// master.
  var isInMemory: Bool { get }

  /// The part of one bucket that `rank`, which must be this one or own everything, keeps:
  /// `[bucket.shardElementCount]`, a view where it is in memory, else a copy.
  func shardValues(_ index: Int, rank: Int) throws -> Tensor

  /// A tensor for new values of that part, without the old ones where it is not in memory.
  func shardBuffer(_ index: Int, rank: Int) throws -> Tensor

  /// Takes what was written into a tensor of `shardValues` or `shardBuffer`, which nobody changes any more.
  func storeShard(_ values: Tensor, _ index: Int) throws

  /// Keeps new values of that part, which nobody changes any more, beside the old ones until ``publishStaged(_:)``. May
  /// be called from another thread than the rank's, by one at a time.
  func stage(_ values: Tensor, _ index: Int) throws

  /// Puts staged values in the place of the old ones; does nothing for a bucket without any.
  func publishStaged(_ index: Int) throws

  /// Forgets staged values.
  func discardStaged() throws

  /// The most bytes of memory that staged values have taken.
  var peakStagedByteCount: Int { get }

  /// All gradients of a bucket have arrived in this backward pass, which reads its parameters no more.
  func gradientsArrived(_ index: Int) throws

  /// Begins to bring the ranks' new parts of a bucket together, in place; nil where no rank keeps it whole, or every
  /// rank has updated all of it.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  func gatherUpdated(_ index: Int) throws -> Work?
}

extension ParameterGroup {
  /// Puts values into the memory of one bucket, of which the parameters' tensors become views; padding becomes zero.
  ///
  /// - Parameters:
  ///   - memory: `[bucket.elementCount]`.
  ///   - value: yields the values of the parameter of this index; asked for one after another.
  func fill(bucket index: Int, in memory: Tensor, value: (Int) throws -> Tensor) throws {
    let bucket = layout.buckets[index]
    for entry in bucket.entries {
      let parameter = parameters[entry.member]
      let view = try memory.narrow(dim: 0, start: entry.offset, length: entry.elementCount).view(parameter.shape)
      try view.copyInPlace(value(entry.member))
      try parameter.setTensor(try view.detached())
    }
    let padding = bucket.padding
    guard !padding.isEmpty else { return }
    try memory.narrow(dim: 0, start: padding.lowerBound, length: padding.count).zeroInPlace()
  }
}

extension ProcessGroup {
  /// Makes the first rank's values those of all ranks, which all call this.
  ///
  /// Ranks that drew from one seed or read one file have the same values already, so checksums go first, and the
  /// values only when one differs.
  ///
  /// - Parameters:
  ///   - values: flat and contiguous.
  ///   - pieces: its elements, cut so that a copy of each on the host is small.
  /// - Throws: `CollectiveError`, `TorchError`.
  func takeFirstRanksValues(_ values: Tensor, pieces: [Range<Int>]) throws {
    guard size > 1 else { return }
    // CRC-32C, the same on every device.
    let sum = try pieces.reduce(UInt32(0)) { sum, piece in
      try values.narrow(dim: 0, start: piece.lowerBound, length: piece.count).to(.cpu)
        .withUnsafeMutableBytes { ck_crc32c(sum, $0.baseAddress, $0.count) }
    }
    let all = try allGather(bytes: withUnsafeBytes(of: sum.littleEndian, Array.init), label: "checksum of parameters")
    guard all.contains(where: { $0 != all[0] }) else { return }
    try broadcast(values, from: 0, label: "parameters").wait()
  }
}
