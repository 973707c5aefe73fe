internal import CKernels
public import Torch

/// The sum of squares of a gradient, and whether all of it is finite, from one pass over it.
public struct GradientSquares: Sendable, Equatable {
  /// The sum of squares, accumulated in f64 in an order that depends on the length alone; not finite where an
  /// element is not.
  public let sum: Double
  /// The position of the first infinite or NaN element; nil when all are finite.
  public let firstNonFinite: Int?

  /// Reads `gradient`: any shape, f32, bf16 or f16, contiguous on the CPU.
  ///
  /// - Throws: `OptimizerError.mismatch` for another dtype or layout, `TorchError` for a tensor elsewhere.
  public init(of gradient: Tensor) throws {
    guard gradient.device == .cpu else {
      let sum = try gradient.to(.float32).square().sum(dtype: .float64).item()
      let flags = sum.isFinite ? nil : try gradient.isfinite().logicalNot().reshape([-1]).to(.int64)
      self.sum = sum
      firstNonFinite = try flags?.argmax(dim: 0, keepdim: false).itemInt()
      return
    }
    guard gradient.isContiguous else {
      throw OptimizerError.mismatch(
        what: "gradient", found: "shape \(gradient.shape), strides \(gradient.strides)",
        expected: "a contiguous tensor")
    }
    let dtype = try FlatOperands.kernelDType(of: gradient, "gradient")
    let found = FlatOperands.withPointers([gradient]) { pointers in
      ck_sum_of_squares(
        pointers[0], dtype, Int64(gradient.elementCount), .best, FlatOperands.executor)
    }
    sum = found.sum_of_squares
    firstNonFinite = found.first_nonfinite < 0 ? nil : Int(found.first_nonfinite)
  }
}
