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

  /// Throws unless kernels have states of this dtype.
  static func checkStateDType(_ dtype: DType) throws(OptimizerError) {
    guard kernelDType(dtype) != nil else {
      throw .mismatch(
        what: "dtype of the optimizer's states", found: dtype.name, expected: "float32, bfloat16 or float16")
    }
  }

  /// Throws unless the piece has the rule's states and its tensors are contiguous, equally long and of usable
  /// dtypes.
  static func check(_ piece: FlatUpdate, of rule: some OptimizerRule) throws(OptimizerError) {
    let count = piece.master.elementCount
    let names = rule.stateNames
    guard piece.states.count == names.count else {
      throw .mismatch(
        what: "states of the piece", found: "\(piece.states.count) tensors",
        expected: "\(names.count): \(names.joined(separator: ", "))")
    }
    let master = piece.master.dtype
    guard master == .float32 || (kernelDType(master) != nil && piece.lowPrecisionCopy == nil) else {
      throw .mismatch(
        what: "dtype of the master weights", found: master.name,
        expected: "float32, or float16 or bfloat16 without a low-precision copy")
    }
    for (name, state) in zip(names, piece.states) where state.dtype != rule.stateDType {
      throw .mismatch(what: "dtype of \(name)", found: state.dtype.name, expected: rule.stateDType.name)
    }
    var operands = [("master weights", piece.master), ("gradient", piece.gradient)]
    operands += Array(zip(names, piece.states))
    if let copy = piece.lowPrecisionCopy { operands.append(("low-precision copy", copy)) }
    for (name, tensor) in operands {
      guard tensor.elementCount == count, tensor.isContiguous else {
        throw .mismatch(
          what: name, found: "shape \(tensor.shape), strides \(tensor.strides)",
          expected: "\(count) contiguous elements, as many as there are master weights")
      }
    }
  }

  /// The piece as the kernels take it, on the CPU; its tensors stay alive for the length of `body`.
  ///
  /// - Throws: `OptimizerError.mismatch` for dtypes that the kernels do not have, what `body` throws.
  static func withBuffers<Result>(
    of piece: FlatUpdate, _ body: (inout ck_update_buffers) throws -> Result
  ) throws -> Result {
    let copy = piece.lowPrecisionCopy
    var buffers = ck_update_buffers(
      count: Int64(piece.master.elementCount), master: nil,
      master_dtype: try kernelDType(of: piece.master, "master weights"), states: (nil, nil),
      state_dtype: piece.states.first.flatMap { kernelDType($0.dtype) } ?? .float32, gradient: nil,
      gradient_dtype: try kernelDType(of: piece.gradient, "gradient"), copy: nil,
      copy_dtype: try copy.map { try kernelDType(of: $0, "low-precision copy") } ?? .float32)
    return try withPointers([piece.master, piece.gradient, copy] + piece.states) { pointers in
      buffers.master = pointers[0]
      buffers.gradient = pointers[1].map { UnsafeRawPointer($0) }
      buffers.copy = pointers[2]
      let states = pointers.dropFirst(3).map { $0 }
      buffers.states = (states.first ?? nil, states.count > 1 ? states[1] : nil)
      return try body(&buffers)
    }
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
