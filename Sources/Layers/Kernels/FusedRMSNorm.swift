internal import CKernels
internal import Torch

/// The root-mean-square norm in one kernel forward and one backward.
enum FusedRMSNorm {
  /// `input / sqrt(mean(input^2) + epsilon) * scale`; nil when the kernels cannot work on the tensors.
  ///
  /// - Parameters:
  ///   - input: `[..., width]`
  ///   - scale: `[width]`
  static func apply(_ input: Tensor, scale: Tensor, epsilon: Double) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: input, scale), let width = scale.shape.first, width > 0,
      input.shape.last == width
    else { return nil }
    let input = try input.contiguous()
    let rowCount = input.elementCount / width
    let reciprocals = try Tensor.empty([rowCount], dtype: .float32)
    func rows() -> ck_rms_norm_rows {
      ck_rms_norm_rows(
        input: input.withPointer { $0 }, scale: scale.withPointer { $0 },
        reciprocals: reciprocals.withPointer { $0?.assumingMemoryBound(to: Float.self) }, dtype: dtype,
        rows: Int64(rowCount), width: Int64(width))
    }
    return try CustomFunction.apply([input, scale], name: "root-mean-square norm") { _ in
      let output = try FusedKernels.emptyLike(input)
      withExtendedLifetime((input, scale, reciprocals)) {
        var rows = rows()
        output.withPointer { ck_rms_norm(&rows, $0, Float(epsilon), .best, FusedKernels.executor) }
      }
      return [output]
    } backward: { gradients in
      guard let upstream = try gradients[0]?.contiguous() else { return [nil, nil] }
      let gradient = try FusedKernels.emptyLike(input)
      let blockCount = (rowCount + Int(CK_RMS_NORM_BLOCK) - 1) / Int(CK_RMS_NORM_BLOCK)
      let sums = try Tensor.empty([blockCount, width], dtype: .float32)
      withExtendedLifetime((input, scale, reciprocals, upstream, gradient, sums)) {
        var rows = rows()
        ck_rms_norm_backward(
          &rows, upstream.withPointer { $0 }, gradient.withPointer { $0 },
          sums.withPointer { $0?.assumingMemoryBound(to: Float.self) }, .best, FusedKernels.executor)
      }
      return [gradient, try sums.sum(dim: 0).to(scale.dtype)]
    }[0]
  }
}
