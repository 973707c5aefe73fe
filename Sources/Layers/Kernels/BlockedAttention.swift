internal import CKernels
internal import Torch

// Shape letters: B batch, K key-value heads, G query heads of each, T query positions, S key positions, d
// head width, M = B K matrices, n queries of one block, L keys that a block can see.

/// Causal attention on CPUs, a block of queries after another, as plain matrix products around a fused
/// softmax.
///
/// A block's product leaves out the keys that none of its queries sees, and the query heads that share a
/// key-value head are rows of one product, so that no key is copied and their gradients are summed by the
/// product. Weights are formed again in the backward pass instead of being kept.
enum BlockedAttention {
  /// Queries of a block: small enough to leave out most of what the mask hides, large enough for the
  /// products.
  private static let blockLength = 128

  /// The weighted values; nil when the kernels cannot work on the tensors.
  ///
  /// - Parameters:
  ///   - query: `[B, K G, T, d]`
  ///   - key: `[B, K, S, d]`
  ///   - value: `[B, K, S, d]`
  /// - Returns: `[B, K G, T, d]`, laid out as `[B, T, K G, d]`
  static func apply(query: Tensor, key: Tensor, value: Tensor, pattern: AttentionPattern) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: query, key, value) else { return nil }
    let plan = Plan(query: query.shape, key: key.shape, pattern: pattern, dtype: dtype)
    return try CustomFunction.apply([query, key, value], name: "blocked attention") { inputs in
      [try plan.forward(inputs[0], inputs[1], inputs[2])]
    } backward: { gradients in
      guard let upstream = gradients[0] else { return [nil, nil, nil] }
      return try plan.backward(upstream, query.detached(), key.detached(), value.detached())
    }[0]
  }

  /// One block of queries and the keys that it can see.
  private struct Block {
    let start: Int
    let count: Int
    let keys: Range<Int>
    /// The place of the block's first query among those keys.
    let first: Int
  }

  private struct Plan {
    let batch: Int, kvHeads: Int, group: Int, queries: Int, keyCount: Int, width: Int
    let scale: Double
    let window: Int
    let dtype: ck_dtype

    init(query: [Int], key: [Int], pattern: AttentionPattern, dtype: ck_dtype) {
      (batch, kvHeads, queries, keyCount, width) = (query[0], key[1], query[2], key[2], query[3])
      group = query[1] / key[1]
      scale = pattern.scale ?? 1 / Double(query[3]).squareRoot()
      window = min(pattern.window ?? keyCount, keyCount)
      self.dtype = dtype
    }

    var matrices: Int { batch * kvHeads }

    var blocks: [Block] {
      stride(from: 0, to: queries, by: blockLength).map { start in
        let count = min(blockLength, queries - start)
        let place = keyCount - queries + start
        let lowest = max(0, place - window + 1)
        return Block(start: start, count: count, keys: lowest..<(place + count), first: place - lowest)
      }
    }

    func forward(_ query: Tensor, _ key: Tensor, _ value: Tensor) throws -> Tensor {
      let (keys, values) = (try matrices(key), try matrices(value))
      let output = try Tensor.empty([batch, queries, kvHeads * group, width], dtype: query.dtype)
      for block in blocks {
        let weights = try weights(rows(query, block), keys, block)  // [M, G n, L]
        try place(weights.bmm(seen(values, block)), block, in: output)
      }
      return try output.transpose(1, 2)
    }

    func backward(_ upstream: Tensor, _ query: Tensor, _ key: Tensor, _ value: Tensor) throws -> [Tensor?] {
      let (keys, values) = (try matrices(key), try matrices(value))
      let gradQuery = try Tensor.empty([batch, queries, kvHeads * group, width], dtype: query.dtype)
      // Sums over blocks are kept in float32 and rounded once.
      let gradKey = try Tensor.zeros(keys.shape)
      let gradValue = try Tensor.zeros(values.shape)
      for block in blocks {
        let (rows, gradient) = (try rows(query, block), try rows(upstream, block))  // [M, G n, d]
        let weights = try weights(rows, keys, block)  // [M, G n, L]
        try seen(gradValue, block).addInPlace(weights.transpose(1, 2).bmm(gradient))
        let gradScores = try gradient.bmm(seen(values, block).transpose(1, 2))  // [M, G n, L]
        withExtendedLifetime((gradScores, weights)) {
          var scores = scores(gradScores, block)
          ck_attention_softmax_backward(&scores, weights.withPointer { $0 }, .best, FusedKernels.executor)
        }
        try place(gradScores.bmm(seen(keys, block)), block, in: gradQuery)
        try seen(gradKey, block).addInPlace(gradScores.transpose(1, 2).bmm(rows))
      }
      let shape = [batch, kvHeads, keyCount, width]
      return [
        try gradQuery.transpose(1, 2), try gradKey.to(key.dtype).view(shape),
        try gradValue.to(value.dtype).view(shape),
      ]
    }

    private func weights(_ rows: Tensor, _ keys: Tensor, _ block: Block) throws -> Tensor {
      let weights = try rows.bmm(seen(keys, block).transpose(1, 2))
      withExtendedLifetime(weights) {
        var scores = scores(weights, block)
        ck_attention_softmax(&scores, .best, FusedKernels.executor)
      }
      return weights
    }

    private func scores(_ tensor: Tensor, _ block: Block) -> ck_attention_scores {
      ck_attention_scores(
        scores: tensor.withPointer { $0 }, dtype: dtype, matrices: Int64(matrices),
        rows: Int64(group * block.count), keys: Int64(block.keys.count), block: Int64(block.count),
        first: Int64(block.first), window: Int64(window), scale: Float(scale))
    }

    /// `[B, K, S, d]` as contiguous `[M, S, d]`.
    private func matrices(_ tensor: Tensor) throws -> Tensor {
      try tensor.contiguous().view([matrices, keyCount, width])
    }

    private func seen(_ tensor: Tensor, _ block: Block) throws -> Tensor {
      try tensor.narrow(dim: 1, start: block.keys.lowerBound, length: block.keys.count)
    }

    /// The block's part of `[B, K G, T, d]` as `[M, G n, d]`.
    private func rows(_ tensor: Tensor, _ block: Block) throws -> Tensor {
      try tensor.narrow(dim: 2, start: block.start, length: block.count)
        .reshape([matrices, group * block.count, width])
    }

    /// Writes `[M, G n, d]` to the block's part of `[B, T, K G, d]`.
    private func place(_ rows: Tensor, _ block: Block, in whole: Tensor) throws {
      let heads = try rows.view([batch, kvHeads * group, block.count, width]).transpose(1, 2)
      try whole.narrow(dim: 1, start: block.start, length: block.count).copyInPlace(heads)
    }
  }
}
