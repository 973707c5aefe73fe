internal import CKernels
internal import Torch

/// The rotary embedding in one pass.
enum FusedRotary {
  /// The vectors turned by the angles, or by the opposite ones; nil when the kernels cannot work on the
  /// tensors.
  ///
  /// - Parameters:
  ///   - vectors: `[B, T, H, d]`
  ///   - angles: `[T, d / 2]`, float32
  static func turned(_ vectors: Tensor, _ angles: RotaryAngles, isBackward: Bool) throws -> Tensor? {
    guard let dtype = FusedKernels.dtype(of: vectors), angles.cosine.device == .cpu else { return nil }
    let shape = vectors.shape
    let (input, cosine, sine) = (
      try vectors.contiguous(), try angles.cosine.contiguous(), try angles.sine.contiguous()
    )
    let output = try FusedKernels.emptyLike(vectors)
    withExtendedLifetime((input, output, cosine, sine)) {
      var rows = ck_rotary_rows(
        input: input.withPointer { $0 }, output: output.withPointer { $0 }, dtype: dtype,
        cosines: cosine.withPointer { UnsafePointer($0?.assumingMemoryBound(to: Float.self)) },
        sines: sine.withPointer { UnsafePointer($0?.assumingMemoryBound(to: Float.self)) },
        rows: Int64(shape[0] * shape[1]), heads: Int64(shape[2]), width: Int64(shape[3]),
        positions: Int64(shape[1]))
      ck_rotate(&rows, isBackward, .best, FusedKernels.executor)
    }
    return output
  }
}
