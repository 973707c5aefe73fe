/// An operation under way. Its tensors must not be touched before `wait` has returned.
public final class Work {
  /// What is done.
  public let record: CollectiveRecord
  private let handle: WorkHandle?
  private let entry: Int
  private let group: ProcessGroup
  private var result: Result<Void, CollectiveError>?

  init(
    _ record: CollectiveRecord, handle: WorkHandle?, entry: Int, group: ProcessGroup
  ) {
    self.record = record
    self.handle = handle
    self.entry = entry
    self.group = group
    if handle == nil { result = .success(()) }
  }

  /// Waits for the end. Again is harmless and gives the same result.
  ///
  /// - Throws: `CollectiveError` that says which rank failed or where the ranks are.
  public func wait() throws(CollectiveError) {
    if result == nil, let handle { settle(handle.wait(timeout: nil)) }
    try result?.get()
  }

  /// Waits for the end, but not longer than `timeout`; the operation goes on after it.
  ///
  /// - Returns: Whether it has ended.
  /// - Throws: `CollectiveError` as `wait()` does.
  public func wait(atMost timeout: Duration) throws(CollectiveError) -> Bool {
    if result == nil, let handle { settle(handle.wait(timeout: timeout)) }
    try result?.get()
    return result != nil
  }

  /// Whether the operation has ended, well or not.
  public var isCompleted: Bool { result != nil || handle?.isCompleted ?? true }

  /// Why the operation failed; nil while it goes on and when it ended well.
  public var error: CollectiveError? {
    if result == nil, let handle, handle.isCompleted { settle(handle.wait(timeout: nil)) }
    guard case .failure(let error) = result else { return nil }
    return error
  }

  private func settle(_ outcome: WorkHandle.Outcome) {
    switch outcome {
    case .timedOut: return
    case .completed: result = .success(())
    case .failed(let peer, let reason): result = .failure(group.explain(record, peer: peer, reason: reason))
    }
    group.ledger.noteEnd(entry)
    group.showEndedOperations()
  }
}
