import Torch

/// Updates of one step beside training, bucket by bucket in their order: new working values are staged. Used by one
/// thread at a time.
final class StagedUpdates {
  private let groups: [PartitionedGroup]
  private let multiplier: Double
  private var current: Int?

  /// - Parameter multiplier: of the gradients.
  init(_ groups: [PartitionedGroup], multiplier: Double) {
    self.groups = groups
    self.multiplier = multiplier
  }

  /// Ends the updates of the group before, if there was one, and announces those of `group`.
  func enter(_ group: Int) throws {
    guard group != current else { return }
    try end()
    current = group
    try groups[group].beginUpdates()
  }

  /// Updates this rank's part of a bucket; groups come one after another.
  func update(group: Int, bucket: Int, gradient: Tensor) throws {
    try enter(group)
    try groups[group].updateStaged(bucket: bucket, gradient: gradient, multiplier: multiplier)
  }

  /// Returns when all masters and states are where they live.
  func end() throws {
    guard let current else { return }
    self.current = nil
    try groups[current].states.endUpdates()
  }
}
