import Collectives
import Torch

/// Shards that travel as ZeRO++ says: gathered in 8-bit blocks (qwZ), and from the second time in a step on from
/// secondary shards that close ranks keep (hpZ). All ranks use their units in one order.
final class PlusPlusShards: ShardSource {
  private let shards: Tensor
  private let group: ProcessGroup
  private let quantizes: Bool
  private let secondaryGroup: ProcessGroup?
  /// This rank's part of whole units, `[unit / ranks of the secondary group]`, by the units' byte offsets; from the
  /// first gather of a step to its end.
  private var secondaries: [Int: Tensor] = [:]
  let isAsynchronous = true
  var roundsWorkingValues: Bool { quantizes }

  init(byteCount: Int, device: Device, groups: PlusPlusGroups) throws {
    shards = try Tensor.zeroPages([max(byteCount, 1)], dtype: .uint8, device: device)
    group = groups.grid.whole
    quantizes = groups.settings.quantizesWeights
    secondaryGroup = groups.secondaryGroup
  }

  /// Bytes of the secondary shards that are kept now.
  var secondaryByteCount: Int { secondaries.values.reduce(0) { $0 + $1.byteCount } }

  func isInMemory(byteOffset: Int) -> Bool { true }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try shards.narrow(dim: 0, start: byteOffset, length: elementCount * dtype.byteCount).view(dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {}

  func beginGather(
    into whole: Tensor, byteOffset: Int, _ fidelity: GatherFidelity, label: String
  ) throws -> (any PendingGather)? {
    if fidelity == .working, let secondaryGroup, let secondary = secondaries[byteOffset] {
      let work = try secondaryGroup.allGather(into: whole, from: secondary, label: label)
      return Pending { try work.wait() }
    }
    let count = whole.elementCount / group.size
    let own = try ownShard(byteOffset: byteOffset, elementCount: count, dtype: whole.dtype)
    guard quantizes && fidelity == .working else {
      let work = try group.allGather(into: whole, from: own, label: label)
      return Pending { [unowned self] in
        try work.wait()
        if fidelity == .working { try keep(whole, byteOffset) }
      }
    }
    let gather = try group.allGatherQuantized(into: whole, from: own, label: label)
    return Pending { [unowned self] in
      try gather.wait()
      try keep(whole, byteOffset)
    }
  }

  /// Keeps this rank's part of a unit that has just come.
  private func keep(_ whole: Tensor, _ byteOffset: Int) throws {
    guard let secondaryGroup else { return }
    let count = whole.elementCount / secondaryGroup.size
    secondaries[byteOffset] = try whole.narrow(dim: 0, start: secondaryGroup.rank * count, length: count).clone()
  }

  func publish() throws {
    secondaries = [:]
    try group.barrier(label: "parameters are updated")
  }

  private struct Pending: PendingGather {
    let finish: () throws -> Void
    func wait() throws { try finish() }
  }
}
