internal import CTorch
internal import Glibc

/// The memory behind a tensor.
extension Tensor {
  /// The position of the first element in the storage, in elements.
  public var storageOffset: Int {
    withHandle { ct_tensor_storage_offset($0) }
  }

  /// Bytes of the whole storage, which other tensors may share.
  public var storageByteCount: Int {
    withHandle { ct_storage_byte_count($0) }
  }

  /// A number that all tensors over one storage have in common, and no other storage that is alive.
  public var storageIdentity: UInt {
    withHandle { ct_storage_identity($0) }
  }

  /// How many tensors and saved values hold the storage.
  public var storageUseCount: Int {
    withHandle { ct_storage_use_count($0) }
  }

  /// How many objects and graphs hold this very tensor, the accumulation of its gradient not counted.
  public var useCount: Int {
    withHandle { ct_tensor_use_count($0) }
  }

  /// Another object over the same libtorch tensor, so that whoever keeps it is counted in ``useCount``.
  public func anotherReference() -> Tensor { Tensor(owning: retainedHandle()) }

  /// Whether both objects are one libtorch tensor, as when a hook receives the leaf that it hangs on.
  public func isSame(as other: Tensor) -> Bool {
    withHandle { own in other.withHandle { ct_tensor_is_same(own, $0) } }
  }

  /// Whether both tensors see the same storage.
  public func sharesStorage(with other: Tensor) -> Bool {
    withHandle { own in other.withHandle { ct_storage_is_shared(own, $0) } }
  }

  /// Gives the storage this many bytes, keeping those that fit; 0 frees its memory. The shape stays, so that
  /// no element may be touched before the storage is large enough again.
  ///
  /// - Throws: `TorchError` of kind `outOfMemory`, or `shape` for memory that is not libtorch's own.
  public func resizeStorage(byteCount: Int) throws(TorchError) {
    try Tensor.call("resize_", self) { ct_storage_resize($0, byteCount) }
  }

  /// Gives the physical memory behind a contiguous CPU tensor back to the system, except for pages that it shares with
  /// its neighbours. The tensor and all views of it stay; what they hold is lost, until it is written again.
  ///
  /// - Throws: `TorchError` of kind `backend` for memory that the system does not take back, such as locked pages.
  public func discardPages() throws(TorchError) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let isDone = withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      let start = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: base) + UInt(page) - 1) / UInt(page) * UInt(page))
      let end = base.advanced(by: bytes.count)
      guard let start, end > start, case let count = (end - start) / page * page, count > 0 else { return true }
      // What other processes see too is given back by the first, what is this one's own by the second.
      return madvise(start, count, Int32(MADV_REMOVE)) == 0 || madvise(start, count, Int32(MADV_DONTNEED)) == 0
    }
    guard isDone else {
      throw TorchError(
        kind: .backend, op: "discardPages", message: "the system does not take \(byteCount) bytes back: error \(errno)")
    }
  }

  /// The bytes of a contiguous CPU tensor, for the length of `body`.
  ///
  /// The tensor must be contiguous and on the CPU.
  public func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(device == .cpu, "the bytes of a tensor on \(device)")
    precondition(isContiguous, "the bytes of a tensor of shape \(shape) with strides \(strides)")
    let count = byteCount
    let pointer = withHandle { ct_tensor_data($0) }
    precondition(
      count == 0 || storageByteCount >= count + storageOffset * dtype.byteCount,
      "the bytes of a tensor whose storage has been resized to \(storageByteCount) bytes")
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeMutableRawBufferPointer(start: count == 0 ? nil : pointer, count: count))
  }

  /// A tensor over a part of a mapped file, which stays mapped as long as the tensor's storage is used.
  ///
  /// Nothing is read until an element is. Data at an offset that is no multiple of the dtype's size is
  /// copied.
  ///
  /// - Throws: `TorchError` of kind `shape` when the part does not lie within the file.
  public static func fromFile(
    _ map: FileMap, byteOffset: Int, shape: [Int], dtype: DType
  ) throws(TorchError) -> Tensor {
    let byteCount = try byteCount(of: shape, dtype)
    guard byteOffset >= 0, byteOffset <= map.byteCount, byteCount <= map.byteCount - byteOffset else {
      throw TorchError(
        kind: .shape, op: "fromFile",
        message: "\(byteCount) bytes from byte \(byteOffset) on do not lie within the \(map.byteCount) bytes "
          + "of \(map.path)")
    }
    let memory = byteCount == 0 ? nil : map.pointer?.advanced(by: byteOffset)
    if let memory, byteOffset % dtype.byteCount != 0 {
      let copy = try Tensor.empty(shape, dtype: dtype)
      let source = UnsafeRawBufferPointer(start: memory, count: byteCount)
      copy.withUnsafeMutableBytes { $0.copyMemory(from: source) }
      withExtendedLifetime(map) {}
      return copy
    }
    return try over(memory, shape: shape, dtype: dtype, owner: map)
  }

  /// A tensor over memory of the caller's; `onRelease` is called once, when the last tensor over it has
  /// ended, on whatever thread that happens, and also when this call fails.
  ///
  /// `pointer` must hold as many bytes as the shape needs until then.
  ///
  /// - Throws: `TorchError` of kind `shape` for a negative size.
  public static func borrowing(
    _ pointer: UnsafeMutableRawPointer, shape: [Int], dtype: DType,
    onRelease: @escaping @Sendable () -> Void
  ) throws(TorchError) -> Tensor {
    let owner = ReleaseAction(onRelease)
    _ = try byteCount(of: shape, dtype)
    return try over(pointer, shape: shape, dtype: dtype, owner: owner)
  }

  private static func over(
    _ memory: UnsafeMutableRawPointer?, shape: [Int], dtype: DType, owner: AnyObject
  ) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try call("from_blob") {
      ct_tensor_from_memory(memory, shape, shape.count, dtype.rawValue, ct_owned(giving: owner), &result)
    }
    return Tensor(owning: result)
  }

  private static func byteCount(of shape: [Int], _ dtype: DType) throws(TorchError) -> Int {
    var count = dtype.byteCount
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else {
        throw TorchError(kind: .shape, op: "from_blob", message: "\(shape) is not the shape of a tensor")
      }
      count = product
    }
    return count
  }
}

/// Calls its closure when it ends.
private final class ReleaseAction {
  private let action: @Sendable () -> Void

  init(_ action: @escaping @Sendable () -> Void) {
    self.action = action
  }

  deinit {
    action()
  }
}
