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

  /// As of plain shards: quantised, a unit takes half of the time on the way, and as long to be copied.
  var largestCoalescedUnit: Int { shards.largestCoalescedUnit }

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    let (whole, byteOffset) = (request.whole, request.byteOffset)
    guard fidelity == .working else { return try shards.beginGather(request, fidelity) }
    if let secondaryGroup, let secondary = secondaries[byteOffset] {
      let work = try secondaryGroup.allGather(into: whole, from: secondary, label: request.label)
      return PendingWork { try work.wait() }
    }
    let pending = quantizes ? try beginQuantizedGather([request]) : try shards.beginGather(request, fidelity)
    return PendingWork { [unowned self] in
      try pending?.wait()
      try keep([request])
    }
  }

  /// In two messages where some units have secondary shards, on all ranks the same ones.
  func beginCoalescedGather(_ requests: [GatherRequest]) throws -> any PendingGather {
    let close = requests.filter { secondaries[$0.byteOffset] != nil }
    let far = requests.filter { secondaries[$0.byteOffset] == nil }
    let first = far.isEmpty ? nil : try beginFarGather(far)
    let second = close.isEmpty ? nil : try beginCloseGather(close)
    return PendingWork { [unowned self] in
      try first?.wait()
      try keep(far)
      try second?.wait()
    }
  }

  private func beginFarGather(_ requests: [GatherRequest]) throws -> any PendingGather {
    quantizes ? try beginQuantizedGather(requests) : try shards.beginCoalescedGather(requests)
  }

  private func beginCloseGather(_ requests: [GatherRequest]) throws -> (any PendingGather)? {
    guard let secondaryGroup else { return nil }
    let parts = try requests.compactMap { try secondaries[$0.byteOffset]?.view(dtype: .uint8) }
    return try beginJoinedGather(requests, from: parts, in: secondaryGroup)
  }

  private func beginQuantizedGather(_ requests: [GatherRequest]) throws -> any PendingGather {
    let parts = try requests.map {
      try ownShard(
        byteOffset: $0.byteOffset, elementCount: $0.whole.elementCount / group.size, dtype: $0.whole.dtype)
    }
    let gather = try group.allGatherQuantized(
      into: requests.map(\.whole), from: parts, label: GatherRequest.label(of: requests))
    return PendingWork { try gather.wait() }
  }

  /// Keeps this rank's part of units that have just come.
  private func keep(_ requests: [GatherRequest]) throws {
    guard let secondaryGroup else { return }
    for request in requests {
      let count = request.whole.elementCount / secondaryGroup.size
      secondaries[request.byteOffset] = try request.whole.narrow(
        dim: 0, start: secondaryGroup.rank * count, length: count
      ).clone()
    }
  }

  func publish() throws {
    secondaries = [:]
    try shards.publish()
  }
}
