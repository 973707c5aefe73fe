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

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    try window.gather(into: request.whole, byteOffset: request.byteOffset, label: request.label)
    return nil
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }
}
