import Collectives
import Torch

/// Shards that travel as ZeRO++ says: gathered in 8-bit blocks (qwZ), and from the second time in a step on from
/// secondary shards that close ranks keep (hpZ). All ranks use their units in one order.
final class PlusPlusShards: ShardSource {
  private let shards: CollectiveShards
  private let group: ProcessGroup
  private let quantizes: Bool
  private let secondaryGroup: ProcessGroup?
  /// This rank's part of whole units, `[unit / ranks of the secondary group]`, by the units' byte offsets; from the
  /// first gather of a step to its end.
  private var secondaries: [Int: Tensor] = [:]
  let isAsynchronous = true
  var roundsWorkingValues: Bool { quantizes }

  init(byteCount: Int, device: Device, groups: PlusPlusGroups) throws {
    group = groups.grid.whole
    shards = try CollectiveShards(byteCount: byteCount, device: device, group: group)
    quantizes = groups.settings.quantizesWeights
    secondaryGroup = groups.secondaryGroup
  }

  /// Bytes of the secondary shards that are kept now.
  var secondaryByteCount: Int { secondaries.values.reduce(0) { $0 + $1.byteCount } }

  func isInMemory(byteOffset: Int) -> Bool { true }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try shards.ownShard(byteOffset: byteOffset, elementCount: elementCount, dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {}

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    let (whole, byteOffset) = (request.whole, request.byteOffset)
    guard fidelity == .working else { return try shards.beginGather(request, fidelity) }
    if let secondaryGroup, let secondary = secondaries[byteOffset] {
      let work = try secondaryGroup.allGather(into: whole, from: secondary, label: request.label)
      return PendingWork { try work.wait() }
    }
    let pending = quantizes ? try beginQuantizedGather(request) : try shards.beginGather(request, fidelity)
    return PendingWork { [unowned self] in
      try pending?.wait()
      try keep(whole, byteOffset)
    }
  }

  private func beginQuantizedGather(_ request: GatherRequest) throws -> any PendingGather {
    let whole = request.whole
    let own = try ownShard(
      byteOffset: request.byteOffset, elementCount: whole.elementCount / group.size, dtype: whole.dtype)
    let gather = try group.allGatherQuantized(into: whole, from: own, label: request.label)
    return PendingWork { try gather.wait() }
  }

  /// Keeps this rank's part of a unit that has just come.
  private func keep(_ whole: Tensor, _ byteOffset: Int) throws {
    guard let secondaryGroup else { return }
    let count = whole.elementCount / secondaryGroup.size
    secondaries[byteOffset] = try whole.narrow(dim: 0, start: secondaryGroup.rank * count, length: count).clone()
  }

  func publish() throws {
    secondaries = [:]
    try shards.publish()
  }
}
