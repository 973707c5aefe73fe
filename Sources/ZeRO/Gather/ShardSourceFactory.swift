import Collectives
import Torch

/// Chooses where the shards of partitioned parameters live, and how they come together.
struct ShardSourceFactory {
  /// The units of each group of parameters, those of the frozen ones last.
  let layouts: [FlatLayout]
  let dtype: DType
  let device: Device
  /// The ranks that share a copy of the parameters.
  let ranks: ProcessGroup
  let settings: ZeROSettings
  let plusPlus: PlusPlusGroups?

  private var byteCount: Int { layouts.reduce(0) { $0 + $1.partitionElementCount } * dtype.byteCount }

  /// - Throws: `CollectiveError`, `TorchError`, `AsyncFileError`.
  func makeSource(quantizingFrozen: Bool) throws -> any ShardSource {
    if let files = settings.parameterFiles { return try tiers(files) }
    let plain: any ShardSource =
      if let plusPlus {
        try PlusPlusShards(byteCount: byteCount, device: device, groups: plusPlus)
      } else {
        try memory(byteCount)
      }
    return quantizingFrozen ? try frozenBlocks(beside: plain) : plain
  }

  private func memory(_ byteCount: Int) throws -> any ShardSource {
    let isOneMachine = device == .cpu && ShardWindow.isPossible(in: ranks)
    return isOneMachine
      ? try WindowShards(byteCount: byteCount, group: ranks)
      : try CollectiveShards(byteCount: byteCount, device: device, group: ranks)
  }

  /// The pages of frozen units that become blocks are never touched in the plain source, and take no memory there.
  private func frozenBlocks(beside plain: any ShardSource) throws -> any ShardSource {
    guard let frozen = layouts.last else { return plain }
    let places = QuantizedFrozenShards.places(
      for: frozen, byteOffset: byteCount - frozen.partitionElementCount * dtype.byteCount,
      elementByteCount: dtype.byteCount, smallest: settings.plusPlus.smallestQuantizedUnit)
    guard let end = places.values.map({ $0.offset + $0.byteCount }).max() else { return plain }
    return QuantizedFrozenShards(plain: plain, blocks: try memory(end), places: places, rankCount: ranks.size)
  }

  /// The first whole units in memory, as many as may be, the others in files.
  private func tiers(_ files: FileSettings) throws -> any ShardSource {
    var border = 0
    for bucket in layouts.flatMap(\.buckets) {
      guard border + bucket.shardElementCount <= files.maximumInMemory / ranks.size else { break }
      border += bucket.shardElementCount
    }
    border *= dtype.byteCount
    return TieredShards(
      memory: try memory(border),
      files: try FileShards(dtype: dtype, settings: files, group: ranks, stages: settings.updatesBesideTraining),
      border: border)
  }
}
