import Optimizers
import Torch

/// The chosen elements of this rank's part of one bucket, side by side, with f32 weights and states of their
/// own.
final class ChosenColumns {
  /// Their places in this rank's part of the bucket, `[count]`, i64.
  private let places: Tensor
  private let weights: Tensor
  private let states: [Tensor]

  /// Takes the weights over from this rank's part of the bucket, and zero states.
  ///
  /// - Parameters:
  ///   - weights: `[shard]`, the masters.
  ///   - rule: names the states.
  ///   - device: where they are updated.
  /// - Throws: `TorchError`.
  init(places: [Int64], weights: Tensor, rule: any OptimizerRule, device: Device) throws {
    let index = try Tensor(places)
    self.weights = try weights.indexSelect(dim: 0, index: index.to(weights.device)).to(device)
    self.places = try index.to(device)
    states = try rule.makeStates(elementCount: places.count, device: device)
  }

  /// Bytes of weights, states and places.
  var byteCount: Int { states.reduce(weights.byteCount + places.byteCount) { $0 + $1.byteCount } }

  /// One update with their part of `gradient`, `[shard]`.
  func update(gradient: Tensor, multiplier: Double, rule: any OptimizerRule) throws {
    guard weights.elementCount > 0 else { return }
    let own = try gradient.indexSelect(dim: 0, index: places.to(gradient.device)).to(weights.device)
    try rule.update(FlatUpdate(master: weights, states: states, gradient: own, gradientMultiplier: multiplier))
  }

  /// Writes the weights over what stands in their places, rounded to its dtype.
  func write(into shard: Tensor) throws {
    guard weights.elementCount > 0 else { return }
    _ = try shard.indexCopyInPlace(
      dim: 0, index: places.to(shard.device), source: weights.to(shard.dtype).to(shard.device))
  }

  /// Puts zeros in their places.
  func clear(in shard: Tensor) throws {
    guard weights.elementCount > 0 else { return }
    _ = try shard.indexFillInPlace(dim: 0, index: places.to(shard.device), value: 0)
  }
}
