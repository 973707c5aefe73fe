import Torch

/// New values of shards beside the old ones in memory, by buckets.
struct StagedShards {
  private var tensors: [Int: Tensor] = [:]
  private var byteCount = 0
  private(set) var peakByteCount = 0

  mutating func add(_ values: Tensor, _ index: Int) {
    byteCount += values.byteCount - (tensors[index]?.byteCount ?? 0)
    peakByteCount = max(peakByteCount, byteCount)
    tensors[index] = values
  }

  /// The values of a bucket, which are staged no more.
  mutating func take(_ index: Int) -> Tensor? {
    let values = tensors.removeValue(forKey: index)
    byteCount -= values?.byteCount ?? 0
    return values
  }

  mutating func discard() {
    tensors = [:]
    byteCount = 0
  }
}
