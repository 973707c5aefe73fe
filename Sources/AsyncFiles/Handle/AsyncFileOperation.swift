internal import CAsyncFiles

/// A read or write that goes on while the program does. It keeps its file, and its tensor until ``wait()`` returns;
/// ending this object does not end the operation, it waits for it.
public final class AsyncFileOperation {
  /// What is read or written.
  public let file: AsyncFile
  /// Where in the file, in bytes from its start.
  public let range: Range<Int>
  /// Whether the file is written.
  public let isWrite: Bool
  private let handle: ca_operation
  private var memory: AnyObject?

  init(handle: ca_operation, file: AsyncFile, range: Range<Int>, isWrite: Bool, memory: AnyObject?) {
    self.handle = handle
    self.file = file
    self.range = range
    self.isWrite = isWrite
    self.memory = memory
  }

  deinit {
    // The kernel may still use the memory, which ends with this object.
    _ = ca_operation_wait(handle)
    ca_operation_release(handle)
  }

  /// Whether it has ended, well or badly.
  public var hasEnded: Bool { ca_operation_has_ended(handle) }

  /// Waits for its end; may be called again.
  ///
  /// - Throws: ``AsyncFileError`` with the file, the place and what the kernel said; the memory of a failed read and
  ///   the bytes of a failed write are then undefined.
  public func wait() throws(AsyncFileError) {
    let result = ca_operation_wait(handle)
    memory = nil
    guard result.error != 0 else { return }
    if result.error == CA_END_OF_FILE {
      throw AsyncFileError(.endOfFile(path: file.path, offset: Int(result.offset), expected: range))
    }
    throw AsyncFileError(
      .block(isWrite ? .write : .read, path: file.path, offset: Int(result.offset), code: result.error))
  }
}
