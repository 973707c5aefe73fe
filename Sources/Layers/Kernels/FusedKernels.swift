internal import CKernels
internal import Torch

/// The one place where layers meet the fused CPU kernels: which tensors they take, and how they are called.
///
/// Tensors elsewhere (other devices, float64) take the way over libtorch's operators, which computes the
/// same.
enum FusedKernels {
  /// Kernels share libtorch's threads.
  static var executor: ck_executor { ck_executor(run: Torch.parallelFor, context: nil) }

  /// The kernels' name of a dtype; nil for those that they do not know.
  static func kernelDType(_ dtype: DType) -> ck_dtype? {
    switch dtype {
    case .float32: return .float32
    case .float16: return .float16
    case .bfloat16: return .bfloat16
    default: return nil
    }
  }

  /// The common dtype of the tensors if the kernels can work on them all.
  static func dtype(of tensors: Tensor...) -> ck_dtype? {
    guard let first = tensors.first, tensors.allSatisfy({ $0.device == .cpu && $0.dtype == first.dtype })
    else {
      return nil
    }
    return kernelDType(first.dtype)
  }

  /// A tensor of the same shape, dtype and device, contiguous, not yet filled.
  static func emptyLike(_ tensor: Tensor) throws -> Tensor {
    try Tensor.empty(tensor.shape, dtype: tensor.dtype, device: tensor.device)
  }
}

extension Tensor {
  /// The first element's address during `body`; the tensor must be contiguous and on the CPU.
  func withPointer<Result>(_ body: (UnsafeMutableRawPointer?) throws -> Result) rethrows -> Result {
    try withUnsafeMutableBytes { try body($0.baseAddress) }
  }
}
