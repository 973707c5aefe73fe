import Collectives
import Torch

/// Shards of which those of large frozen units are 8-bit blocks: between their uses, and on their way
/// (`zero_quantized_nontrainable_weights`). What the model uses is what everybody sees, also who saves it.
final class QuantizedFrozenShards: ShardSource {
  /// A frozen unit's shard among the blocks.
  struct Place {
    /// Where its blocks begin, in bytes.
    let offset: Int
    let byteCount: Int
  }

  private let plain: any ShardSource
  private let blocks: any ShardSource
  /// The places of the units that are kept as blocks, by the units' byte offsets.
  private let places: [Int: Place]
  private let rankCount: Int
  private static let format = BlockFormat.weights

  init(plain: any ShardSource, blocks: any ShardSource, places: [Int: Place], rankCount: Int) {
    self.plain = plain
    self.blocks = blocks
    self.places = places
    self.rankCount = rankCount
  }

  /// The places of the units of `layout` that are large enough, the first of which begins at `byteOffset`.
  ///
  /// - Parameter smallest: elements of the smallest unit that is quantised.
  static func places(
    for layout: FlatLayout, byteOffset: Int, elementByteCount: Int, smallest: Int
  ) -> [Int: Place] {
    var places: [Int: Place] = [:]
    var end = 0
    for (index, bucket) in layout.buckets.enumerated() where bucket.elementCount >= smallest {
      // Scales are read as f32, and vectors like whole cache lines.
      let byteCount = (format.byteCount(of: bucket.shardElementCount) + 63) / 64 * 64
      places[byteOffset + layout.partitionOffset(ofBucket: index) * elementByteCount] = Place(
        offset: end, byteCount: byteCount)
      end += byteCount
    }
    return places
  }

  var isAsynchronous: Bool { plain.isAsynchronous }
  var roundsWorkingValues: Bool { plain.roundsWorkingValues }

  func isInMemory(byteOffset: Int) -> Bool { places[byteOffset] == nil && plain.isInMemory(byteOffset: byteOffset) }

  func keptByteCount(byteOffset: Int, byteCount: Int) -> Int {
    places[byteOffset]?.byteCount ?? plain.keptByteCount(byteOffset: byteOffset, byteCount: byteCount)
  }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    guard let place = places[byteOffset] else {
      return try plain.ownShard(byteOffset: byteOffset, elementCount: elementCount, dtype: dtype)
    }
    let values = try Tensor.empty([elementCount], dtype: dtype)
    try Self.format.read(stored(place, elementCount: elementCount), into: values)
    return values
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {
    guard let place = places[byteOffset] else { return try plain.storeOwnShard(values, byteOffset: byteOffset) }
    let made = try Self.format.blocks(of: values)
    try stored(place, elementCount: values.elementCount).copyInPlace(made)
  }

  /// This rank's blocks, a view.
  private func stored(_ place: Place, elementCount: Int) throws -> Tensor {
    try blocks.ownShard(
      byteOffset: place.offset, elementCount: Self.format.byteCount(of: elementCount), dtype: .uint8)
  }

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    guard let place = places[request.byteOffset] else { return try plain.beginGather(request, fidelity) }
    let gathered = try Tensor.empty([rankCount * place.byteCount], dtype: .uint8)
    let pending = try blocks.beginGather(
      GatherRequest(whole: gathered, byteOffset: place.offset, label: request.label), fidelity)
    return Dequantization(blocks: gathered, pending: pending, whole: request.whole, partCount: rankCount)
  }

  func publish() throws {
    try blocks.publish()
    try plain.publish()
  }

  private struct Dequantization: PendingGather {
    let blocks: Tensor
    let pending: (any PendingGather)?
    let whole: Tensor
    let partCount: Int

    func wait() throws {
      try pending?.wait()
      let count = whole.elementCount / partCount
      let (stride, byteCount) = (blocks.byteCount / partCount, format.byteCount(of: count))
      for part in 0..<partCount {
        try format.read(
          blocks.narrow(dim: 0, start: part * stride, length: byteCount),
          into: whole.narrow(dim: 0, start: part * count, length: count))
      }
    }
  }
}
