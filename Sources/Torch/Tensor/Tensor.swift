internal import CTorch

/// An n-dimensional array on one device, with what autograd needs to know about it.
///
/// One object is one libtorch tensor, freed by ARC as soon as it is unused. It is not Sendable: a tensor
/// belongs to the thread, and mostly to the rank, that made it.
public final class Tensor {
  /// Owned: one reference, ended in `deinit`. Private, because ARC may end this object right after its last
  /// use; only `Tensor.call` and `withHandle` below see it, and they keep the object alive around the C call.
  private let handle: OpaquePointer

  /// Takes over a handle that a C call returned.
  init(owning handle: OpaquePointer?) {
    guard let handle else { preconditionFailure("a C call that succeeded returned no tensor") }
    self.handle = handle
  }

  /// Takes over a handle that a C call returned, where NULL stands for no tensor.
  static func optional(owning handle: OpaquePointer?) -> Tensor? {
    handle.map { Tensor(owning: $0) }
  }

  /// Takes over the handles of a list that a C call returned, and frees the list.
  static func array(owning list: UnsafeMutablePointer<OpaquePointer?>?, count: Int) -> [Tensor] {
    guard let list else { return [] }
    defer { ct_tensor_list_free(list) }
    return (0..<count).map { Tensor(owning: list[$0]) }
  }

  deinit {
    ct_tensor_release(handle)
  }

  /// A property read through the handle, which cannot fail.
  @inline(__always)
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
    withExtendedLifetime(self) { body(handle) }
  }
}

extension Tensor {
  /// One more reference, for C++ to own.
  func retainedHandle() -> OpaquePointer {
    withHandle { ct_tensor_retain($0) }
  }
}

/// For `Collectives`, which passes tensors to process groups in C.
extension Tensor {
  /// The handle, valid and its tensor alive during `body` only.
  package func withUnsafeHandle<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(handle)
  }

  /// Takes over a handle that a C call returned.
  package static func adopt(_ handle: OpaquePointer?) -> Tensor {
    Tensor(owning: handle)
  }

  /// The handles of a list side by side, valid and their tensors alive during `body` only.
  package static func withUnsafeHandles<Result>(
    _ list: [Tensor], _ body: (UnsafePointer<OpaquePointer?>, Int) -> Result
  ) -> Result {
    withHandles(list, body)
  }
}

/// How every operation calls C: the operands stay alive until the call has returned, and a failure becomes a
/// `TorchError` with the operands' shapes. An operand that is nil arrives as NULL.
extension Tensor {
  @inline(__always)
  static func call(_ op: StaticString, _ body: () -> ct_status) throws(TorchError) {
    let status = body()
    if status != CT_OK { throw failure(status, op, []) }
  }

  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, _ body: (OpaquePointer?) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime(a) { body(a?.handle) }
    if status != CT_OK { throw failure(status, op, [a]) }
  }

  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, _ b: Tensor?,
    _ body: (OpaquePointer?, OpaquePointer?) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime((a, b)) { body(a?.handle, b?.handle) }
    if status != CT_OK { throw failure(status, op, [a, b]) }
  }

  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, _ b: Tensor?, _ c: Tensor?,
    _ body: (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime((a, b, c)) { body(a?.handle, b?.handle, c?.handle) }
    if status != CT_OK { throw failure(status, op, [a, b, c]) }
  }

  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, _ b: Tensor?, _ c: Tensor?, _ d: Tensor?,
    _ body: (OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime((a, b, c, d)) { body(a?.handle, b?.handle, c?.handle, d?.handle) }
    if status != CT_OK { throw failure(status, op, [a, b, c, d]) }
  }

  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, _ b: Tensor?, _ c: Tensor?, _ d: Tensor?, _ e: Tensor?,
    _ body: (OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime((a, b, c, d, e)) {
      body(a?.handle, b?.handle, c?.handle, d?.handle, e?.handle)
    }
    if status != CT_OK { throw failure(status, op, [a, b, c, d, e]) }
  }

  /// One list of operands, as `(pointer, count)`; entries that are nil arrive as NULL.
  @inline(__always)
  static func call(
    _ op: StaticString, list: [Tensor?],
    _ body: (UnsafePointer<OpaquePointer?>, Int) -> ct_status
  ) throws(TorchError) {
    let status = withHandles(list, body)
    if status != CT_OK { throw failure(status, op, list) }
  }

  /// One operand and a list.
  @inline(__always)
  static func call(
    _ op: StaticString, _ a: Tensor?, list: [Tensor?],
    _ body: (OpaquePointer?, UnsafePointer<OpaquePointer?>, Int) -> ct_status
  ) throws(TorchError) {
    let status = withExtendedLifetime(a) { withHandles(list) { body(a?.handle, $0, $1) } }
    if status != CT_OK { throw failure(status, op, [a] + list) }
  }

  /// Two lists.
  @inline(__always)
  static func call(
    _ op: StaticString, list: [Tensor?], list other: [Tensor?],
    _ body: (UnsafePointer<OpaquePointer?>, Int, UnsafePointer<OpaquePointer?>, Int) -> ct_status
  ) throws(TorchError) {
    let status = withHandles(list) { first, firstCount in
      withHandles(other) { body(first, firstCount, $0, $1) }
    }
    if status != CT_OK { throw failure(status, op, list + other) }
  }

  /// The handles of a list side by side, valid and their tensors alive during `body`.
  static func withHandles<Result>(
    _ list: [Tensor?], _ body: (UnsafePointer<OpaquePointer?>, Int) -> Result
  ) -> Result {
    withExtendedLifetime(list) {
      withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: Swift.max(list.count, 1)) { buffer in
        for (index, tensor) in list.enumerated() {
          buffer.initializeElement(at: index, to: tensor?.handle)
        }
        return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped), list.count)
      }
    }
  }

  /// The error of this thread's last failed C call.
  @inline(never)
  static func failure(_ status: ct_status, _ op: StaticString, _ operands: [Tensor?]) -> TorchError {
    TorchError(status: status.rawValue, op: "\(op)", shapes: operands.compactMap { $0?.shape })
  }
}
