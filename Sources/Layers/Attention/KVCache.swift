public import Torch

// Shape letters: B batch, K key-value heads, S positions seen so far, d width of a head.

/// The keys and values that one attention layer has seen, in buffers that double when they are full.
public final class LayerCache {
  /// The number of positions held.
  public private(set) var length = 0
  private var keys: Tensor?
  private var values: Tensor?
  private var capacity = 0
  private let initialCapacity: Int
  private let maximumLength: Int

  init(initialCapacity: Int, maximumLength: Int) {
    self.initialCapacity = initialCapacity
    self.maximumLength = maximumLength
  }

  /// Adds the keys and values of new positions and returns those of all.
  ///
  /// - Parameters: keys, values: `[B, K, T, d]`
  /// - Returns: views `[B, K, S, d]` into the buffers, valid until the next call
  /// - Throws: ``CacheError``, `TorchError`.
  public func append(_ newKeys: Tensor, _ newValues: Tensor) throws -> (keys: Tensor, values: Tensor) {
    let count = newKeys.size(2)
    let total = length + count
    guard total <= maximumLength else { throw CacheError.full(capacity: maximumLength, requested: total) }
    if let keys, keys.size(0) != newKeys.size(0) {
      throw CacheError.batchChanged(expected: keys.size(0), found: newKeys.size(0))
    }
    if total > capacity { try grow(to: total, like: newKeys) }
    guard let keys, let values else { preconditionFailure("the cache has no buffers after growing") }
    try keys.narrow(dim: 2, start: length, length: count).copyInPlace(newKeys)
    try values.narrow(dim: 2, start: length, length: count).copyInPlace(newValues)
    length = total
    return (
      try keys.narrow(dim: 2, start: 0, length: total), try values.narrow(dim: 2, start: 0, length: total)
    )
  }

  /// Forgets all positions from `length` on; the buffers stay.
  func truncate(to length: Int) { self.length = min(self.length, max(0, length)) }

  private func grow(to needed: Int, like new: Tensor) throws {
    let rows = min(maximumLength, max(needed, 2 * capacity, initialCapacity))
    var shape = new.shape
    shape[2] = rows
    keys = try grown(keys, shape, new)
    values = try grown(values, shape, new)
    capacity = rows
  }

  private func grown(_ old: Tensor?, _ shape: [Int], _ new: Tensor) throws -> Tensor {
    let buffer = try Tensor.empty(shape, dtype: new.dtype, device: new.device)
    guard let old, length > 0 else { return buffer }
    try buffer.narrow(dim: 2, start: 0, length: length).copyInPlace(
      old.narrow(dim: 2, start: 0, length: length))
    return buffer
  }
}

/// The keys and values of a whole model, so that each further token costs one position's work.
///
/// A cache belongs to one batch of sequences of one length. Use it without gradients.
public final class KVCache {
  /// One cache for each layer, in order.
  public let layers: [LayerCache]
  /// The longest sequence that it may hold, in tokens.
  public let maximumLength: Int

  /// An empty cache. Nothing is allocated before the first use; the first buffers hold `initialCapacity`
  /// positions.
  public init(layerCount: Int, maximumLength: Int, initialCapacity: Int = 256) {
    self.maximumLength = maximumLength
    layers = (0..<layerCount).map { _ in
      LayerCache(initialCapacity: initialCapacity, maximumLength: maximumLength)
    }
  }

  /// The number of positions held.
  public var length: Int { layers.first?.length ?? 0 }

  /// Forgets all positions from `length` on, so that the text can be continued differently.
  public func truncate(to length: Int) {
    for layer in layers { layer.truncate(to: length) }
  }
}

/// What can go wrong with a cache of keys and values.
public enum CacheError: Error, Sendable, Equatable, CustomStringConvertible {
  /// More positions than the model can tell apart.
  case full(capacity: Int, requested: Int)
  /// A batch of another size than the cache was filled with.
  case batchChanged(expected: Int, found: Int)

  /// One line: what happened and what to do.
  public var description: String {
    switch self {
    case .full(let capacity, let requested):
      return
        "the sequence would be \(requested) tokens long, the limit is \(capacity): shorten the prompt "
        + "or ask for fewer tokens"
    case .batchChanged(let expected, let found):
      return
        "the cache holds \(expected) sequences but the batch has \(found): use a new cache for a new batch"
    }
  }
}
