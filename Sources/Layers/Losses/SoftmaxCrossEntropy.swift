internal import Torch

// Shape letters: n rows, V vocabulary.

/// The loss of a block of logits and its gradient, in one place so that a faster kernel can take over.
enum SoftmaxCrossEntropy {
  /// The summed loss and, if asked for, `softmax(logits) - onehot(targets)`.
  ///
  /// - Parameters:
  ///   - logits: `[n, V]`; its memory may be reused
  ///   - targets: `[n]`, int64, each in 0 ..< V
  /// - Returns: a float32 scalar; `[n, V]` in the dtype of `logits`, or nil
  static func apply(
    consuming logits: Tensor, _ targets: Tensor, needsGradient: Bool
  ) throws -> (loss: Tensor, gradient: Tensor?) {
    let columns = try targets.unsqueeze(dim: 1)  // [n, 1]
    let logProbabilities = try logits.logSoftmax(dim: -1, dtype: .float32)  // [n, V]
    let loss = try logProbabilities.gather(dim: 1, index: columns).sum().negInPlace()
    guard needsGradient else { return (loss, nil) }
    let gradient = try logProbabilities.expInPlace()
    let ones = try Tensor.full(columns.shape, -1, dtype: .float32, device: logits.device)
    try gradient.scatterAddInPlace(dim: 1, index: columns, src: ones)
    return (loss, gradient.dtype == logits.dtype ? gradient : try logits.copyInPlace(gradient))
  }
}
