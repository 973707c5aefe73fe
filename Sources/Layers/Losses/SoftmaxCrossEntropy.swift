internal import Torch

// Shape letters: n rows, V vocabulary.

/// The loss of a block of logits and its gradient.
enum SoftmaxCrossEntropy {
  /// The summed loss. With `scale` not zero, `logits` becomes `scale * (softmax(logits) - onehot(targets))`.
  ///
  /// - Parameters:
  ///   - logits: `[n, V]`, contiguous
  ///   - targets: `[n]`, int64, each in 0 ..< V
  /// - Returns: a float32 scalar
  static func apply(replacing logits: Tensor, _ targets: Tensor, scale: Double) throws -> Tensor {
    if let losses = try FusedCrossEntropy.apply(logits, targets, scale: scale) { return try losses.sum() }
    let columns = try targets.unsqueeze(dim: 1)  // [n, 1]
    let dtype: DType = logits.dtype == .float64 ? .float64 : .float32
    let logProbabilities = try logits.logSoftmax(dim: -1, dtype: dtype)  // [n, V]
    let loss = try logProbabilities.gather(dim: 1, index: columns).sum(dtype: .float32).negInPlace()
    guard scale != 0 else { return loss }
    let gradient = try logProbabilities.expInPlace()
    let ones = try Tensor.full(columns.shape, -1.0, dtype: dtype, device: logits.device)
    try logits.copyInPlace(gradient.scatterAddInPlace(dim: 1, index: columns, src: ones).mulInPlace(scale))
    return loss
  }
}
