import Collectives
import Torch

/// Shards in windows that the ranks of one machine read from each other: no rank waits for another.
final class WindowShards: ShardSource {
  private let window: ShardWindow
  private let group: ProcessGroup
  let isAsynchronous = false

  init(byteCount: Int, group: ProcessGroup) throws {
    window = try ShardWindow(byteCount: byteCount, group: group)
    self.group = group
  }

  func isInMemory(byteOffset: Int) -> Bool { true }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try window.values(byteOffset: byteOffset, elementCount: elementCount, dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {}

  func beginGather(
    into whole: Tensor, byteOffset: Int, _ fidelity: GatherFidelity, label: String
  ) throws -> (any PendingGather)? {
    try window.gather(into: whole, byteOffset: byteOffset, label: label)
    return nil
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }
}

/// Shards that are gathered by collectives, among ranks of several machines: all ranks use their units in one order,
/// and a rank that does not is named by the group.
final class CollectiveShards: ShardSource {
  private let shards: Tensor
  private let group: ProcessGroup
  let isAsynchronous = true

  init(byteCount: Int, device: Device, group: ProcessGroup) throws {
    shards = try Tensor.zeroPages([max(byteCount, 1)], dtype: .uint8, device: device)
    self.group = group
  }

  func isInMemory(byteOffset: Int) -> Bool { true }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try shards.narrow(dim: 0, start: byteOffset, length: elementCount * dtype.byteCount).view(dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {}

  func beginGather(
    into whole: Tensor, byteOffset: Int, _ fidelity: GatherFidelity, label: String
  ) throws -> (any PendingGather)? {
    let count = whole.elementCount / group.size
    let own = try ownShard(byteOffset: byteOffset, elementCount: count, dtype: whole.dtype)
    return Collective(work: try group.allGather(into: whole, from: own, label: label))
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }

  private struct Collective: PendingGather {
    let work: Work
    func wait() throws { try work.wait() }
  }
}
