internal import CTorch

/// The backward pass, and what it leaves behind.
extension Tensor {
  /// Adds this tensor's gradient with respect to every leaf to the leaf's `gradient`.
  ///
  /// - Parameters:
  ///   - gradient: what stands for this tensor's own gradient, of its shape; 1 for a scalar if nil.
  ///   - retainGraph: whether a second backward pass may follow.
  /// - Throws: `TorchError`; or the very error that a hook or a custom function's closure threw.
  public func backward(gradient: Tensor? = nil, retainGraph: Bool = false) throws {
    try Tensor.backward([self], gradients: [gradient], retainGraph: retainGraph)
  }

  /// One backward pass from several tensors; `gradients` has an entry for each, nil for a scalar's 1.
  ///
  /// - Throws: `TorchError`; or the very error that a hook or a custom function's closure threw.
  public static func backward(
    _ roots: [Tensor], gradients: [Tensor?]? = nil, retainGraph: Bool = false
  ) throws {
    let gradients = try matching(gradients, roots)
    try unwrappingCause { () throws(TorchError) in
      try call("backward", list: roots, list: gradients) { roots, count, gradients, _ in
        ct_backward(roots, gradients, count, retainGraph)
      }
    }
  }

  /// The gradients of `roots` with respect to `inputs`, nil for an input that they do not depend on. No
  /// leaf's `gradient` changes.
  ///
  /// - Throws: `TorchError`; or the very error that a hook or a custom function's closure threw.
  public static func gradients(
    of roots: [Tensor], withRespectTo inputs: [Tensor], rootGradients: [Tensor?]? = nil,
    retainGraph: Bool = false
  ) throws -> [Tensor?] {
    let rootGradients = try matching(rootGradients, roots)
    var results = [OpaquePointer?](repeating: nil, count: inputs.count)
    try unwrappingCause { () throws(TorchError) in
      try call("grad", list: roots, list: rootGradients) { roots, count, gradients, _ in
        withHandles(inputs) { inputs, inputCount in
          ct_gradients(roots, gradients, count, inputs, inputCount, retainGraph, &results)
        }
      }
    }
    return results.map { Tensor.optional(owning: $0) }
  }

  /// What backward passes have added up here; nil before the first.
  public var gradient: Tensor? {
    var result: OpaquePointer?
    let status = withHandle { ct_tensor_gradient($0, &result) }
    precondition(status == CT_OK, "the gradient of a tensor cannot be read")
    return Tensor.optional(owning: result)
  }

  /// Replaces the gradient; nil removes it.
  ///
  /// - Throws: `TorchError` of kind `shape` or `type` when it does not have this tensor's shape, dtype,
  ///   device.
  public func setGradient(_ gradient: Tensor?) throws(TorchError) {
    try Tensor.call("set_grad", self, gradient) { ct_tensor_set_gradient($0, $1) }
  }

  /// Starts or stops recording what is done with this leaf.
  ///
  /// - Throws: `TorchError` of kind `shape` for integers, or for a tensor that is not a leaf.
  public func setRequiresGradient(_ on: Bool) throws(TorchError) {
    try Tensor.call("requires_grad_", self) { ct_tensor_set_requires_gradient($0, on) }
  }

  /// Takes over the other tensor's memory, shape and dtype, while this object, its hooks and its gradient
  /// stay.
  ///
  /// - Throws: `TorchError` of kind `shape` when the tensors are of different make.
  public func setData(_ data: Tensor) throws(TorchError) {
    try Tensor.call("set_data", self, data) { ct_tensor_set_data($0, $1) }
  }

  private static func matching(_ gradients: [Tensor?]?, _ roots: [Tensor]) throws(TorchError) -> [Tensor?] {
    guard let gradients else { return roots.map { _ in nil } }
    guard gradients.count == roots.count else {
      throw TorchError(
        kind: .shape, op: "backward", message: "\(gradients.count) gradients for \(roots.count) tensors")
    }
    return gradients
  }

  /// Runs `body`; if it ended because a closure of ours threw, the closure's own error goes on.
  static func unwrappingCause(_ body: () throws(TorchError) -> Void) throws {
    do {
      try body()
    } catch {
      throw error.cause ?? error
    }
  }
}
