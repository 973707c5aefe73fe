import Collectives
import Torch

/// Shards that are gathered by collectives, among ranks of several machines: all ranks use their units in one order,
/// and a rank that does not is named by the group.
final class CollectiveShards: ShardSource {
  private let shards: Tensor
  private let group: ProcessGroup
  let isAsynchronous = true

  /// A message between machines costs about as long as copying a megabyte twice: what is smaller comes together with
  /// others, and is copied to its place.
  let largestCoalescedUnit = 1 << 20

  init(byteCount: Int, device: Device, group: ProcessGroup) throws {
    shards = try Tensor.zeroPages([max(byteCount, 1)], dtype: .uint8, device: device)
    self.group = group
  }

  func isInMemory(byteOffset: Int) -> Bool { true }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try shards.narrow(dim: 0, start: byteOffset, length: elementCount * dtype.byteCount).view(dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {}

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    let whole = request.whole
    let own = try ownShard(
      byteOffset: request.byteOffset, elementCount: whole.elementCount / group.size, dtype: whole.dtype)
    let work = try group.allGather(into: whole, from: own, label: request.label)
    return PendingWork { try work.wait() }
  }

  func beginCoalescedGather(_ requests: [GatherRequest]) throws -> any PendingGather {
    let parts = try requests.map {
      try ownShard(byteOffset: $0.byteOffset, elementCount: $0.whole.byteCount / group.size, dtype: .uint8)
    }
    return try beginJoinedGather(requests, from: parts, in: group)
  }

  func publish() throws { try group.barrier(label: "parameters are updated") }
}

/// What is to be done once, when the values are waited for the first time.
final class PendingWork: PendingGather {
  private var finish: (() throws -> Void)?

  init(_ finish: @escaping () throws -> Void) { self.finish = finish }

  func wait() throws {
    try finish?()
    finish = nil
  }
}
