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
}
