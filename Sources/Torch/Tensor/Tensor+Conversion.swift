internal import CTorch

extension Tensor {
  /// The same values as `dtype`; the tensor itself if they are that already. Recorded by autograd.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `notImplemented` for a conversion libtorch lacks.
  public func to(_ dtype: DType) throws(TorchError) -> Tensor {
    if self.dtype == dtype { return self }
    var result: OpaquePointer?
    try Tensor.call("to", self) { ct_tensor_to_dtype($0, dtype.rawValue, &result) }
    return Tensor(owning: result)
  }

  /// The same values on `device`; the tensor itself if they are there already. Recorded by autograd.
  ///
  /// - Throws: `TorchError` of kind `backend` or `shape` when the device is not there.
  public func to(_ device: Device) throws(TorchError) -> Tensor {
    if self.device == device { return self }
    var result: OpaquePointer?
    try Tensor.call("to", self) { ct_tensor_to_device($0, device.raw, &result) }
    return Tensor(owning: result)
  }

  /// The same memory, cut off from the graph.
  ///
  /// - Throws: `TorchError` when libtorch has no view of such a tensor.
  public func detached() throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try Tensor.call("detach", self) { ct_tensor_detach($0, &result) }
    return Tensor(owning: result)
  }

  /// The same values row-major without gaps; the tensor itself if they lie so already.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public func contiguous() throws(TorchError) -> Tensor {
    if isContiguous { return self }
    var result: OpaquePointer?
    try Tensor.call("contiguous", self) { ct_tensor_contiguous($0, &result) }
    return Tensor(owning: result)
  }

  /// A copy in memory of its own. Recorded by autograd.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`.
  public func clone() throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try Tensor.call("clone", self) { ct_tensor_clone($0, &result) }
    return Tensor(owning: result)
  }
}
