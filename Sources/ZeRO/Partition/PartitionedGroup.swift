import Layers
public import Optimizers
public import Torch

/// One flat group with what this rank keeps to update it: f32 master weights and optimizer states of its partition.
public final class PartitionedGroup {
  /// The working parameters.
  public let flat: FlatGroup
  /// The update rule, which holds the states of the partition.
  public let rule: any OptimizerRule
  /// The owner of the partition: this rank, or 0 at stage 0, where every rank keeps the one partition.
  public let owner: Int
  /// The f32 master weights, `[layout.partitionElementCount]`; nil in f32, where the working parameters are their
  /// own masters.
  private let masters: Tensor?

  /// Takes f32 copies of this rank's part of the working parameters and makes zero states.
  ///
  /// - Throws: `TorchError`, `OptimizerError`.
  init(flat: FlatGroup, rule: any OptimizerRule, rank: Int) throws {
    self.flat = flat
    self.rule = rule
    owner = flat.layout.partitionCount == 1 ? 0 : rank
    let count = flat.layout.partitionElementCount
    masters = flat.values.dtype == .float32
      ? nil : try Tensor.zeroPages([count], dtype: .float32, device: flat.values.device)
    try rule.allocateState(elementCount: count, device: flat.values.device, dtype: .float32)
    try readMastersFromValues()
  }

  /// Makes the masters equal to the working parameters, as after loading weights without optimizer states.
  ///
  /// - Throws: `TorchError`.
  public func readMastersFromValues() throws {
    guard masters != nil else { return }
    try withoutGradients {
      for bucket in flat.layout.buckets.indices {
        try master(ofBucket: bucket).copyInPlace(flat.shardValues(bucket, rank: owner))
      }
    }
  }

  /// Makes this rank's part of the working parameters equal to the masters, rounded.
  ///
  /// - Throws: `TorchError`.
  public func writeValuesFromMasters() throws {
    guard masters != nil else { return }
    try withoutGradients {
      for bucket in flat.layout.buckets.indices {
        try flat.shardValues(bucket, rank: owner).copyInPlace(master(ofBucket: bucket))
      }
    }
  }

  /// The master weights of this rank's part of a bucket, a view.
  func master(ofBucket index: Int) throws -> Tensor {
    guard let masters else { return try flat.shardValues(index, rank: owner) }
    return try masters.narrow(
      dim: 0, start: flat.layout.partitionOffset(ofBucket: index),
      length: flat.layout.buckets[index].shardElementCount)
  }

  /// Updates this rank's part of one bucket. `rule.beginStep()` came before.
  ///
  /// - Parameters:
  ///   - gradient: `[shardElementCount]`, times `multiplier` the gradient.
  func update(bucket: Int, gradient: Tensor, multiplier: Double) throws {
    try rule.update(
      FlatUpdate(
        master: try master(ofBucket: bucket), gradient: gradient, gradientMultiplier: multiplier,
        lowPrecisionCopy: masters == nil ? nil : try flat.shardValues(bucket, rank: owner),
        offset: flat.layout.partitionOffset(ofBucket: bucket)))
  }

  /// The pieces of parameters in this rank's partition with a flat view of one of their states.
  ///
  /// - Parameter state: `fp32` for the masters, or one of the rule's `stateNames`.
  /// - Throws: `TorchError`.
  public func fragments(ofState state: String) throws -> [(fragment: FlatLayout.Fragment, values: Tensor)] {
    try flat.layout.fragments(of: owner).map { fragment in
      (fragment, try values(ofState: state, fragment))
    }
  }

  /// The name under which the masters are found among the states.
  public static let masterState = "fp32"

  private func values(ofState state: String, _ fragment: FlatLayout.Fragment) throws -> Tensor {
    let count = fragment.parameterRange.count
    if state == PartitionedGroup.masterState {
      guard let masters else {
        let buckets = flat.layout.buckets
        let index = buckets.lastIndex { $0.offset / flat.layout.partitionCount <= fragment.partitionOffset } ?? 0
        return try master(ofBucket: index).narrow(
          dim: 0, start: fragment.partitionOffset - flat.layout.partitionOffset(ofBucket: index), length: count)
      }
      return try masters.narrow(dim: 0, start: fragment.partitionOffset, length: count)
    }
    guard let tensor = rule.state?.tensors[state] else {
      preconditionFailure("the rule has no state \(state), only \(rule.stateNames)")
    }
    return try tensor.narrow(dim: 0, start: fragment.partitionOffset, length: count)
  }

  /// Bytes of masters and states on this rank.
  public var stateByteCount: Int { (masters?.byteCount ?? 0) + (rule.state?.byteCount ?? 0) }
}
