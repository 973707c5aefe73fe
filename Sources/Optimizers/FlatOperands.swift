internal import CKernels
internal import Torch

/// The tensors of one kernel call, checked, as pointers.
enum FlatOperands {
  /// Who runs the kernels' loops: libtorch's own threads, as many as the calling thread's operations use.
  static var executor: ck_executor {
    ck_executor(run: Torch.parallelFor, context: nil)
  }

  /// The kernels' name of a dtype; nil when they do not have it.
  static func kernelDType(_ dtype: DType) -> ck_dtype? {
    switch dtype {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  /// The kernels' name of a tensor's dtype.
  ///
  /// - Throws: `OptimizerError.mismatch` when they do not have it.
  static func kernelDType(of tensor: Tensor, _ name: String) throws(OptimizerError) -> ck_dtype {
    guard let dtype = kernelDType(tensor.dtype) else {
      throw .mismatch(
        what: "dtype of the \(name)", found: tensor.dtype.name, expected: "float32, bfloat16 or float16")
    }
    return dtype
  }

  /// Throws unless the piece's tensors are contiguous, equally long, of usable dtypes and inside the
  /// partition.
  static func check(_ piece: FlatUpdate, partitionLength: Int) throws(OptimizerError) {
    let count = piece.master.elementCount
    guard piece.master.dtype == .float32 else {
      throw .mismatch(
        what: "dtype of the master weights", found: piece.master.dtype.name, expected: "float32")
    }
    let operands = [("master weights", piece.master), ("gradient", piece.gradient)]
    for (name, tensor) in operands + (piece.lowPrecisionCopy.map { [("low-precision copy", $0)] } ?? []) {
      guard tensor.elementCount == count, tensor.isContiguous else {
        throw .mismatch(
          what: name, found: "shape \(tensor.shape), strides \(tensor.strides)",
          expected: "\(count) contiguous elements, as many as there are master weights")
      }
    }
    guard piece.offset >= 0, piece.offset + count <= partitionLength else {
      throw .mismatch(
        what: "piece of the partition", found: "elements \(piece.offset) to \(piece.offset + count)",
        expected: "a part of its \(partitionLength) elements")
    }
  }

  /// Throws unless the state is that of a rule with these tensors over a partition.
  ///
  /// - Returns: the number of elements of the partition; nil when the rule keeps no tensors.
  @discardableResult
  static func check(_ state: OptimizerState, names: [String]) throws(OptimizerError) -> Int? {
    guard Set(state.tensors.keys) == Set(names) else {
      throw .mismatch(
        what: "tensors of the optimizer state", found: state.tensors.keys.sorted().joined(separator: ", "),
        expected: names.joined(separator: ", "))
    }
    let counts = Set(state.tensors.values.map(\.elementCount))
    guard counts.count <= 1, state.tensors.values.allSatisfy(\.isContiguous) else {
      throw .mismatch(
        what: "lengths of the optimizer state", found: "\(counts.sorted())",
        expected: "equally long contiguous tensors")
    }
    return counts.first
  }

  /// The first bytes of contiguous CPU tensors, which stay alive for the length of `body`.
  static func withPointers<Result>(
    _ tensors: [Tensor?], _ body: ([UnsafeMutableRawPointer?]) throws -> Result
  ) rethrows -> Result {
    let pointers = tensors.map { tensor in tensor.flatMap { $0.withUnsafeMutableBytes(\.baseAddress) } }
    defer { withExtendedLifetime(tensors) {} }
    return try body(pointers)
  }
}
