public import Torch

// Shape letters: B batch, T query positions, S key positions, H query heads, K key-value heads, d width of a
// head.

/// Which keys each query sees, and how scores become weights.
public struct AttentionPattern: Sendable, Hashable {
  /// The factor of the scores; nil: `1 / sqrt(d)`.
  public var scale: Double?
  /// A query sees at most this many positions, its own included; nil: all before it.
  public var window: Int?
  /// The chance of a weight to be dropped while training.
  public var dropout: Double

  /// Full causal attention unless told otherwise.
  public init(scale: Double? = nil, window: Int? = nil, dropout: Double = 0) {
    self.scale = scale
    self.window = window
    self.dropout = dropout
  }
}

/// `softmax(q k^T * scale + mask) v`, causal: the query at position `p` sees the keys at positions up to `p`.
///
/// The `T` queries are the last of the `S` positions. Queries share keys in groups of `H / K` heads.
///
/// - Source: Vaswani et al., 2017, arXiv:1706.03762; grouped queries: Ainslie et al., 2023, arXiv:2305.13245;
///   sliding window: Jiang et al., "Mistral 7B", 2023, arXiv:2310.06825.
public enum AttentionProduct {
  /// The weighted values.
  ///
  /// - Parameters:
  ///   - query: `[B, H, T, d]`
  ///   - key: `[B, K, S, d]`, `H` a multiple of `K`
  ///   - value: `[B, K, S, d]`
  ///   - pattern: which keys a query sees, and with which scale and dropout
  ///   - generator: draws the dropout mask; nil outside of training
  /// - Returns: `[B, H, T, d]`
  /// - Throws: `TorchError`.
  public static func apply(
    query: Tensor, key: Tensor, value: Tensor, pattern: AttentionPattern, generator: Generator? = nil
  ) throws -> Tensor {
    let (queries, keys) = (query.size(2), key.size(2))
    let isDropping = generator != nil && pattern.dropout > 0
    if queries > 1, !isDropping,
      let mixed = try BlockedAttention.apply(query: query, key: key, value: value, pattern: pattern)
    {
      return mixed
    }
    let key = try shared(key, by: query.size(1))
    let value = try shared(value, by: query.size(1))
    let isWindowed = pattern.window.map { $0 < keys } ?? false
    if let generator, pattern.dropout > 0 {
      let mask = try hidden(queries, keys, window: pattern.window, device: query.device)
      return try explicit(query, key, value, hidden: mask, pattern, generator)
    }
    if !isWindowed, queries == 1 || queries == keys {
      return try query.scaledDotProductAttention(
        key: key, value: value, isCausal: queries > 1, scale: pattern.scale)
    }
    let mask = try hidden(queries, keys, window: pattern.window, device: query.device)
    let visible = try mask.logicalNot()
    return try query.scaledDotProductAttention(
      key: key, value: value, attnMask: visible, scale: pattern.scale)
  }

  /// Each key-value head repeated for the query heads of its group: `[B, K, S, d]` to `[B, H, S, d]`.
  private static func shared(_ tensor: Tensor, by headCount: Int) throws -> Tensor {
    let shape = tensor.shape  // [B, K, S, d]
    guard shape[1] != headCount else { return tensor }
    let repeated = try tensor.unsqueeze(dim: 2).expand([
      shape[0], shape[1], headCount / shape[1], shape[2], shape[3],
    ])
    return try repeated.reshape([shape[0], headCount, shape[2], shape[3]])
  }

  /// `[T, S]`, true where a key must not be seen.
  private static func hidden(_ queries: Int, _ keys: Int, window: Int?, device: Device) throws -> Tensor {
    try withoutGradients {
      let last = try Tensor.arange(queries, dtype: .int64, device: device).reshape([queries, 1])
        .addInPlace(keys - queries)
      let position = try Tensor.arange(keys, dtype: .int64, device: device).reshape([1, keys])
      let future = try position.gt(last)
      guard let window else { return future }
      return try future.logicalOr(position.le(last.sub(window)))
    }
  }

  /// The product written out, for weights that are dropped.
  private static func explicit(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, hidden: Tensor, _ pattern: AttentionPattern,
    _ generator: Generator
  ) throws -> Tensor {
    let scale = pattern.scale ?? 1 / Double(query.size(-1)).squareRoot()
    let scores = try query.matmul(key.transpose(-2, -1)).mul(scale)  // [B, H, T, S]
    let weights = try scores.maskedFill(hidden, value: -Double.infinity)
      .softmax(dim: -1, dtype: .float32).to(query.dtype)
    return try weights.dropout(probability: pattern.dropout, generator: generator).matmul(value)
  }
}
