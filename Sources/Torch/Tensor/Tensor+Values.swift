internal import CTorch

/// Values in and out.
extension Tensor {
  /// A tensor of these values in row-major order; one dimension unless `shape` says otherwise.
  ///
  /// - Throws: `TorchError` of kind `shape` when there are not as many values as the shape holds.
  public convenience init<Scalar: TorchScalar>(
    _ values: [Scalar], shape: [Int]? = nil, device: Device = .cpu
  ) throws(TorchError) {
    let shape = shape ?? [values.count]
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == values.count else {
      throw TorchError(
        kind: .shape, op: "Tensor", message: "\(values.count) values do not fill the shape \(shape)")
    }
    let dtype = Scalar.dtype.rawValue
    var result: OpaquePointer?
    try Tensor.call("empty") { ct_tensor_empty(shape, shape.count, dtype, device.raw, &result) }
    self.init(owning: result)
    try Tensor.call("copy_", self) { handle in
      values.withUnsafeBytes { ct_tensor_write(handle, dtype, $0.baseAddress) }
    }
  }

  /// A scalar tensor.
  ///
  /// - Throws: `TorchError` when the device has no memory for it.
  public convenience init<Scalar: TorchScalar>(
    scalar: Scalar, device: Device = .cpu
  ) throws(TorchError) {
    try self.init([scalar], shape: [], device: device)
  }

  /// The one element, as a number.
  ///
  /// - Throws: `TorchError` of kind `shape` unless there is exactly one element.
  public func item() throws(TorchError) -> Double {
    var result = 0.0
    try Tensor.call("item", self) { ct_tensor_item($0, &result) }
    return result
  }

  /// The one element as an integer; a fraction is cut off.
  ///
  /// - Throws: `TorchError` of kind `shape` unless there is exactly one element.
  public func itemInt() throws(TorchError) -> Int {
    var result = 0
    try Tensor.call("item", self) { ct_tensor_item_int($0, &result) }
    return result
  }

  /// All elements in row-major order, converted to the type's dtype, wherever and however they lie.
  ///
  /// - Throws: `TorchError` when the tensor has no data, as on the meta device.
  public func array<Scalar: TorchScalar>(of type: Scalar.Type) throws(TorchError) -> [Scalar] {
    let count = elementCount
    if count == 0 { return [] }
    var failure: TorchError?
    let values = [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(TorchError) {
        try Tensor.call("copy_", self) { ct_tensor_read($0, Scalar.dtype.rawValue, buffer.baseAddress) }
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }
}
