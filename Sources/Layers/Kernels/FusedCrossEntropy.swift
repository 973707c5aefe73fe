internal import CKernels
internal import Torch

/// Softmax, loss and gradient of a block of logits in three passes over each row, in place.
enum FusedCrossEntropy {
  /// The loss of each row; nil when the kernels cannot work on the tensors. With `scale` not zero the logits
  /// become `scale * (softmax(logits) - onehot(targets))`.
  ///
  /// - Parameters:
  ///   - logits: `[n, V]`, contiguous
  ///   - targets: `[n]`, int64, each in 0 ..< V
  /// - Returns: `[n]`, float32
  static func apply(_ logits: Tensor, _ targets: Tensor, scale: Double) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: logits), targets.device == .cpu, logits.isContiguous else {
      return nil
    }
    let targets = try targets.contiguous()
    let losses = try Tensor.empty([logits.size(0)], dtype: .float32)
    withExtendedLifetime((logits, targets, losses)) {
      var rows = ck_cross_entropy_rows(
        logits: logits.withPointer { $0 }, dtype: dtype,
        targets: targets.withPointer { UnsafePointer($0?.assumingMemoryBound(to: Int64.self)) },
        losses: losses.withPointer { $0?.assumingMemoryBound(to: Float.self) }, rows: Int64(logits.size(0)),
        classes: Int64(logits.size(1)))
      ck_softmax_cross_entropy(&rows, Float(scale), .best, FusedKernels.executor)
    }
    return losses
  }
}
