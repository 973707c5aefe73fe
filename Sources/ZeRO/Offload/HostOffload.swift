/// Which part of masters and states lives in host memory and is updated there (ZeRO-Offload, arXiv 2101.06840), the
/// rest staying on the device (Twin-Flow). Where the device is the host, both are the same memory.
public struct HostOffload: Sendable, Equatable {
  /// `ratio`: the share of the buckets that is updated on the host, 0 to 1.
  public var ratio: Double

  /// An offload of this share.
  public init(ratio: Double = 1) {
    self.ratio = ratio
  }

  /// The buckets that stay on the device: the first ones, as DeepSpeed counts its sub-groups.
  func deviceBucketCount(of bucketCount: Int) -> Int { Int((1 - ratio) * Double(bucketCount)) }
}
