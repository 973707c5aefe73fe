internal import CTorch

/// Tensors from nothing but a shape. All values are on `device` and of `dtype`.
extension Tensor {
  /// A tensor whose elements are whatever the memory held.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func empty(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("empty") { ct_tensor_empty(shape, shape.count, dtype.rawValue, device.raw, &result) }
    return Tensor(owning: result)
  }

  /// A tensor of zeros.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func zeros(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("zeros") { ct_tensor_zeros(shape, shape.count, dtype.rawValue, device.raw, &result) }
    return Tensor(owning: result)
  }

  /// A tensor of zeros for long-lived buffers that are passed over in order, such as optimizer states. On the
  /// CPU its pages are its own: they take memory when they are first written, and are not kept for other
  /// tensors.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func zeroPages(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    guard device == .cpu, shape.allSatisfy({ $0 >= 0 }) else {
      return try zeros(shape, dtype: dtype, device: device)
    }
    var result: OpaquePointer?
    try call("zero_pages") { ct_tensor_zero_pages(shape, shape.count, dtype.rawValue, &result) }
    return Tensor(owning: result)
  }

  /// A tensor of ones.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func ones(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try full(shape, ct_scalar(1), dtype, device)
  }

  /// A tensor that is `value` everywhere.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try full(shape, ct_scalar(value), dtype, device)
  }

  /// A tensor of integers that is `value` everywhere.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func full(
    _ shape: [Int], _ value: Int, dtype: DType = .int64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try full(shape, ct_scalar(value), dtype, device)
  }

  /// `0, 1, ... end - 1`: shape `[end]`.
  ///
  /// - Throws: `TorchError` of kind `shape` for a negative end.
  public static func arange(
    _ end: Int, dtype: DType = .int64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try arange(ct_scalar(0), ct_scalar(end), ct_scalar(1), dtype, device)
  }

  /// `start, start + step, ...` up to but without `end`.
  ///
  /// - Throws: `TorchError` of kind `shape` if the step is zero or leads away from the end.
  public static func arange(
    from start: Int, to end: Int, step: Int = 1, dtype: DType = .int64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try arange(ct_scalar(start), ct_scalar(end), ct_scalar(step), dtype, device)
  }

  /// `start, start + step, ...` up to but without `end`.
  ///
  /// - Throws: `TorchError` of kind `shape` if the step is zero or leads away from the end.
  public static func arange(
    from start: Double, to end: Double, step: Double = 1, dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try arange(ct_scalar(start), ct_scalar(end), ct_scalar(step), dtype, device)
  }

  /// The identity matrix `[count, count]`.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for a negative size.
  public static func eye(
    _ count: Int, dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("eye") { ct_tensor_eye(count, dtype.rawValue, device.raw, &result) }
    return Tensor(owning: result)
  }

  private static func full(
    _ shape: [Int], _ value: ct_scalar, _ dtype: DType, _ device: Device
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("full") { ct_tensor_full(shape, shape.count, value, dtype.rawValue, device.raw, &result) }
    return Tensor(owning: result)
  }

  private static func arange(
    _ start: ct_scalar, _ end: ct_scalar, _ step: ct_scalar, _ dtype: DType, _ device: Device
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("arange") { ct_tensor_arange(start, end, step, dtype.rawValue, device.raw, &result) }
    return Tensor(owning: result)
  }
}

extension ct_scalar {
  /// A number with a fraction.
  init(_ value: Double) {
    self.init(kind: CT_SCALAR_DOUBLE, d: value, i: 0)
  }

  /// A whole number, exact to 64 bits.
  init(_ value: Int) {
    self.init(kind: CT_SCALAR_INT, d: 0, i: value)
  }

  /// A truth value.
  init(_ value: Bool) {
    self.init(kind: CT_SCALAR_BOOL, d: 0, i: value ? 1 : 0)
  }
}
