internal import CTorch

/// Random tensors. Each names its generator: there is no hidden one.
extension Tensor {
  /// Normal numbers of mean 0 and variance 1.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` when generator and device do not match.
  public static func randn(
    _ shape: [Int], generator: Generator, dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("randn") {
      generator.withHandle {
        ct_tensor_randn(shape, shape.count, $0, dtype.rawValue, device.raw, &result)
      }
    }
    return Tensor(owning: result)
  }

  /// Numbers spread evenly over [0, 1).
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` when generator and device do not match.
  public static func rand(
    _ shape: [Int], generator: Generator, dtype: DType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("rand") {
      generator.withHandle {
        ct_tensor_rand(shape, shape.count, $0, dtype.rawValue, device.raw, &result)
      }
    }
    return Tensor(owning: result)
  }

  /// Integers spread evenly over `low ..< high`.
  ///
  /// - Throws: `TorchError` of kind `shape` for an empty range.
  public static func randint(
    low: Int = 0, high: Int, shape: [Int], generator: Generator, dtype: DType = .int64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("randint") {
      generator.withHandle {
        ct_tensor_randint(low, high, shape, shape.count, $0, dtype.rawValue, device.raw, &result)
      }
    }
    return Tensor(owning: result)
  }

  /// The numbers `0 ..< count` in random order: shape `[count]`.
  ///
  /// - Throws: `TorchError` of kind `shape` for a negative count.
  public static func randperm(
    _ count: Int, generator: Generator, dtype: DType = .int64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("randperm") {
      generator.withHandle { ct_tensor_randperm(count, $0, dtype.rawValue, device.raw, &result) }
    }
    return Tensor(owning: result)
  }
}
