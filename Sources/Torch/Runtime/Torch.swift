internal import CTorch

/// The library below: its version, its threads and its devices.
public enum Torch {
  /// libtorch's version, such as "2.11.0".
  public static var version: String {
    String(cString: ct_version())
  }

  /// How many threads one operation may use when the calling thread starts it.
  public static var threadCount: Int {
    Int(ct_thread_count())
  }

  /// Sets how many threads an operation may use that the calling thread starts. Other threads keep what they
  /// have; threads that are new to libtorch begin with the number that was set last anywhere.
  ///
  /// - Throws: `TorchError` of kind `shape` unless `count` is positive.
  public static func setThreadCount(_ count: Int) throws(TorchError) {
    try Tensor.call("set_num_threads") { ct_set_thread_count(Int32(clamping: count)) }
  }

  /// How many threads work on operations started side by side, process-wide.
  public static var interOperationThreadCount: Int {
    Int(ct_interop_thread_count())
  }

  /// Sets the threads between operations, process-wide; possible once, before their first use.
  ///
  /// - Throws: `TorchError` of kind `shape` when it is too late.
  public static func setInterOperationThreadCount(_ count: Int) throws(TorchError) {
    try Tensor.call("set_num_interop_threads") { ct_set_interop_thread_count(Int32(clamping: count)) }
  }

  /// How float32 matrix products may round on the way.
  public enum MatrixPrecision: Sendable, Hashable, CaseIterable {
    /// Float32 throughout.
    case highest
    /// TensorFloat32 or a sum of two bfloat16 numbers.
    case high
    /// Bfloat16 factors, float32 sums.
    case medium
  }

  /// Sets the precision of float32 matrix products, process-wide.
  ///
  /// - Throws: `TorchError` of kind `backend`.
  public static func setFloat32MatrixPrecision(_ precision: MatrixPrecision) throws(TorchError) {
    let raw =
      switch precision {
      case .highest: CT_PRECISION_HIGHEST
      case .high: CT_PRECISION_HIGH
      case .medium: CT_PRECISION_MEDIUM
      }
    try Tensor.call("set_float32_matmul_precision") { ct_set_float32_precision(raw) }
  }

  /// The number of GPUs; 0 where libtorch's CUDA part, the driver or a GPU is missing.
  public static var cudaDeviceCount: Int {
    Int(ct_cuda_device_count())
  }

  /// Whether tensors can be on a GPU.
  public static var isCUDAAvailable: Bool {
    cudaDeviceCount > 0
  }

  /// Why tensors cannot be on a GPU, for people to read; nil if they can.
  public static var cudaObstacle: String? {
    let reason = String(cString: ct_cuda_obstacle())
    if !reason.isEmpty { return reason }
    return isCUDAAvailable ? nil : "the driver offers no GPU"
  }

  /// Makes `device` the calling thread's current one; nothing to do for the CPU.
  ///
  /// - Throws: `TorchError` of kind `backend` when the device is not there.
  public static func select(_ device: Device) throws(TorchError) {
    try Tensor.call("set_device") { ct_device_select(device.raw) }
  }

  /// Waits until everything queued on `device` is done; nothing to do for the CPU.
  ///
  /// - Throws: `TorchError` of kind `backend` with the first failure of the queued work.
  public static func synchronize(_ device: Device) throws(TorchError) {
    try Tensor.call("synchronize") { ct_device_synchronize(device.raw) }
  }
}
