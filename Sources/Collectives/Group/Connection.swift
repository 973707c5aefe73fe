internal import CTorch

/// One rank's connections to the others of a group.
///
/// Sendable, because the watchdog's thread ends connections on which the rank's own thread waits.
final class Connection: Sendable {
  /// The C handle, as a number because a pointer is not Sendable. The group behind it takes a lock of its own
  /// to abort, and the handle ends with this object.
  private let address: UInt

  init(owning handle: OpaquePointer?) {
    address = UInt(bitPattern: handle)
  }

  deinit {
    ct_group_release(handle)
  }

  /// Only for the length of a call made by a method of `ProcessGroup`, which holds this object.
  var handle: OpaquePointer? { OpaquePointer(bitPattern: address) }

  /// Ends the connections: whatever is under way fails here and on the other ranks.
  func abort() {
    ct_group_abort(handle)
  }

  /// How the ranks reach each other.
  var transport: Transport { Transport(code: ct_group_transport(handle)) }

  /// Why the ranks reach each other in no better way; nil where there is nothing to say.
  var note: String? {
    let text = String(cString: ct_group_note(handle))
    return text.isEmpty ? nil : text
  }

  /// The bytes that this rank has sent.
  var sentBytes: LinkBytes { LinkBytes(ct_group_traffic(handle)) }
}

/// One operation under way in C, shared by its `Work` and the watchdog.
final class WorkHandle: Sendable {
  /// The C handle, as a number because a pointer is not Sendable. The operation takes a lock of its own in
  /// every call, and the handle ends with this object.
  private let address: UInt

  init(owning handle: OpaquePointer?) {
    address = UInt(bitPattern: handle)
  }

  deinit {
    ct_work_release(handle)
  }

  private var handle: OpaquePointer? { OpaquePointer(bitPattern: address) }

  var isCompleted: Bool { ct_work_is_completed(handle) }

  var sentBytes: LinkBytes { LinkBytes(ct_work_traffic(handle)) }

  /// From the start to the end, or until now.
  var elapsed: Duration { .nanoseconds(ct_work_nanoseconds(handle)) }

  /// How waiting ended.
  enum Outcome {
    case completed
    case timedOut
    /// The rank of the group whose connection ended, if one did, and what happened.
    case failed(peer: Int?, reason: String)
  }

  /// Waits for the end, for ever without a timeout.
  func wait(timeout: Duration?) -> Outcome {
    let status = ct_work_wait(handle, timeout?.milliseconds ?? -1)
    if status == CT_OK { return .completed }
    if status == CT_TIMEOUT { return .timedOut }
    let reason = String(cString: ct_error_message())
    let peer = ct_work_failed_peer(handle)
    return .failed(peer: peer < 0 ? nil : peer, reason: reason)
  }
}
