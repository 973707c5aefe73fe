internal import CTorch

/// A hook on a tensor. It lives as long as the tensor unless it is removed; dropping this object changes
/// nothing.
public final class HookRegistration {
  private let handle: OpaquePointer

  init(owning handle: OpaquePointer?) {
    guard let handle else { preconditionFailure("a C call that succeeded returned no hook") }
    self.handle = handle
  }

  deinit {
    ct_hook_release(handle)
  }

  /// Ends the hook. A second call does nothing.
  public func remove() {
    ct_hook_remove(handle)
  }
}

extension Tensor {
  /// Calls `hook` with this leaf whenever a backward pass has added to its gradient, on the thread that
  /// called backward (for CPU tensors).
  ///
  /// An error that `hook` throws ends the backward pass with that very error. The hook must not hold this
  /// tensor itself, or neither ever ends: it receives it as its argument.
  ///
  /// - Throws: `TorchError` of kind `shape` unless this is a leaf that requires a gradient.
  @discardableResult
  public func onGradientAccumulated(
    _ hook: @escaping (Tensor) throws -> Void
  ) throws(TorchError) -> HookRegistration {
    let closure = GradientClosure { leaf in
      try hook(leaf)
      return nil
    }
    var result: OpaquePointer?
    try Tensor.call("register_post_accumulate_grad_hook", self) {
      ct_hook_after_accumulation($0, ct_owned(giving: closure), GradientClosure.trampoline, &result)
    }
    return HookRegistration(owning: result)
  }

  /// Calls `hook` with this tensor's gradient before it goes further; a tensor that the hook returns takes
  /// the gradient's place.
  ///
  /// An error that `hook` throws ends the backward pass with that very error.
  ///
  /// - Throws: `TorchError` of kind `shape` unless this tensor requires a gradient.
  @discardableResult
  public func onGradient(
    _ hook: @escaping (Tensor) throws -> Tensor?
  ) throws(TorchError) -> HookRegistration {
    let closure = GradientClosure(hook)
    var result: OpaquePointer?
    try Tensor.call("register_hook", self) {
      ct_hook_on_gradient($0, ct_owned(giving: closure), GradientClosure.trampoline, &result)
    }
    return HookRegistration(owning: result)
  }
}

/// A hook's closure, as C++ keeps it.
private final class GradientClosure {
  let body: (Tensor) throws -> Tensor?

  init(_ body: @escaping (Tensor) throws -> Tensor?) {
    self.body = body
  }

  static let trampoline: ct_hook_callback = { object, tensor, replacement in
    let closure = Unmanaged<GradientClosure>.fromOpaque(object!).takeUnretainedValue()
    let tensor = Tensor(owning: tensor)
    return ErrorBox.capture {
      replacement?.pointee = try closure.body(tensor)?.retainedHandle()
    }
  }
}
