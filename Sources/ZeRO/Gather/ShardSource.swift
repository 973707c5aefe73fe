public import Collectives
public import Torch

/// Where the shards of partitioned parameters live, and how all ranks' shards of one unit come together.
public protocol ShardSource: AnyObject {
  /// Whether gathering goes on by itself after it was begun, so that beginning early hides it.
  var isAsynchronous: Bool { get }

  /// This rank's own shards from byte `byteOffset` on, `[elementCount]`.
  ///
  /// - Throws: `TorchError`.
  func ownShards(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor

  /// Begins to bring every rank's shard of one unit, in order of rank.
  ///
  /// - Parameters:
  ///   - whole: `[N k]`, receives the shards.
  ///   - byteOffset: where the unit's shard begins among the shards of each rank.
  ///   - label: what is gathered, for messages.
  /// - Returns: what is to be waited for; nil when it is done.
  /// - Throws: `CollectiveError`.
  func beginGather(into whole: Tensor, byteOffset: Int, label: String) throws -> Work?

  /// All ranks have new values in their shards when this returns; every rank calls it.
  ///
  /// - Throws: `CollectiveError`.
  func publish() throws
}

/// Shards in windows that the ranks of one machine read from each other: no rank waits for another.
final class WindowSource: ShardSource {
  private let window: ShardWindow
  private let group: ProcessGroup
  let isAsynchronous = false

  init(byteCount: Int, group: ProcessGroup) throws {
    window = try ShardWindow(byteCount: byteCount, group: group)
    self.group = group
  }

  func ownShards(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try window.values(byteOffset: byteOffset, elementCount: elementCount, dtype: dtype)
  }

  func beginGather(into whole: Tensor, byteOffset: Int, label: String) throws -> Work? {
    try window.gather(into: whole, byteOffset: byteOffset, label: label)
    return nil
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }
}

/// Shards that are gathered by collectives, among ranks of several machines: all ranks use their units in one order,
/// and a rank that does not is named by the group.
final class CollectiveSource: ShardSource {
  private let shards: Tensor
  private let group: ProcessGroup
  let isAsynchronous = true

  init(byteCount: Int, device: Device, group: ProcessGroup) throws {
    shards = try Tensor.zeroPages([max(byteCount, 1)], dtype: .uint8, device: device)
    self.group = group
  }

  func ownShards(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try shards.narrow(dim: 0, start: byteOffset, length: elementCount * dtype.byteCount).view(dtype: dtype)
  }

  func beginGather(into whole: Tensor, byteOffset: Int, label: String) throws -> Work? {
    let count = whole.elementCount / group.size
    let own = try ownShards(byteOffset: byteOffset, elementCount: count, dtype: whole.dtype)
    return try group.allGather(into: whole, from: own, label: label)
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }
}
