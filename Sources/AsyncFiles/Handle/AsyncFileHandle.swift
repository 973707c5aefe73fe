internal import CAsyncFiles
public import Torch

/// Reads and writes tensors in files, many blocks at a time, while the program goes on: DeepNVMe's `aio_handle`.
///
/// A transfer is divided among `workerCount` threads by ranges of bytes; each keeps `queueDepth` blocks of `blockSize`
/// bytes in flight, through io_uring or, where the kernel has none, `pread` and `pwrite` on threads. Blocks bypass the
/// page cache; the parts of pages at the ends of a transfer go through it, so any offset, length and address will do.
/// Handles share nothing; several transfers of one handle, of the same or of different files, are in flight together
/// and end in any order. A handle belongs to the thread that made it.
///
/// Files hold a tensor's bytes as they are, without a header.
/// Source: Rajbhandari et al., 2021, arXiv 2104.07857, section 6.3 (DeepNVMe).
public final class AsyncFileHandle {
  /// The settings, as given.
  public let settings: AsyncFileSettings
  /// How the kernel is asked: `ring` or `threads`.
  public var backend: AsyncFileSettings.Backend { .init(ca_queue_backend(queue)) }
  /// Operations that were started and not yet taken by ``wait()``.
  public var outstandingCount: Int { outstanding.count }

  private let queue: ca_queue
  private var outstanding: [AsyncFileOperation] = []

  /// Starts the threads.
  ///
  /// - Throws: ``AsyncFileError`` for settings out of range, and with the kernel's reason when `settings.backend` is
  ///   `ring` and the kernel refuses it.
  public init(_ settings: AsyncFileSettings = AsyncFileSettings()) throws(AsyncFileError) {
    self.settings = settings
    var numbers = try settings.cSettings()
    var queue: ca_queue?
    let code = ca_queue_open(&numbers, &queue)
    guard code == 0, let queue else { throw AsyncFileError(.start(code: code)) }
    self.queue = queue
  }

  deinit {
    // Outstanding operations end first: closing waits for them.
    ca_queue_close(queue)
  }

  // MARK: Tensors

  /// Reads a contiguous CPU tensor's bytes from byte `offset` of a file on, and waits.
  ///
  /// - Throws: ``AsyncFileError``, also when the file ends before the tensor is full.
  public func read(into tensor: Tensor, from file: AsyncFile, offset: Int = 0) throws(AsyncFileError) {
    try operation(tensor, file, offset: offset, isWrite: false).wait()
  }

  /// Writes a contiguous CPU tensor's bytes from byte `offset` of a file on, and waits.
  ///
  /// - Throws: ``AsyncFileError``.
  public func write(_ tensor: Tensor, to file: AsyncFile, offset: Int = 0) throws(AsyncFileError) {
    try operation(tensor, file, offset: offset, isWrite: true).wait()
  }

  /// Starts reading a contiguous CPU tensor's bytes from byte `offset` of a file on. Nobody may touch the tensor
  /// until the operation has ended.
  @discardableResult
  public func startRead(into tensor: Tensor, from file: AsyncFile, offset: Int = 0) -> AsyncFileOperation {
    keep(operation(tensor, file, offset: offset, isWrite: false))
  }

  /// Starts writing a contiguous CPU tensor's bytes from byte `offset` of a file on. Nobody may change the tensor
  /// until the operation has ended.
  @discardableResult
  public func startWrite(_ tensor: Tensor, to file: AsyncFile, offset: Int = 0) -> AsyncFileOperation {
    keep(operation(tensor, file, offset: offset, isWrite: true))
  }

  // MARK: Raw memory

  /// Starts reading into memory that the caller keeps until the operation has ended.
  @discardableResult
  public func startRead(
    into bytes: UnsafeMutableRawBufferPointer, from file: AsyncFile, offset: Int = 0
  ) -> AsyncFileOperation {
    keep(operation(bytes, file, offset: offset, isWrite: false, owner: nil))
  }

  /// Starts writing memory that the caller keeps as it is until the operation has ended.
  @discardableResult
  public func startWrite(
    _ bytes: UnsafeRawBufferPointer, to file: AsyncFile, offset: Int = 0
  ) -> AsyncFileOperation {
    keep(
      operation(
        UnsafeMutableRawBufferPointer(mutating: bytes), file, offset: offset, isWrite: true, owner: nil))
  }

  // MARK: Waiting

  /// Waits for all operations that were started since the last call.
  ///
  /// - Returns: how many they were.
  /// - Throws: ``AsyncFileError`` of the first, in the order of their starts, that failed, after all have ended.
  @discardableResult
  public func wait() throws(AsyncFileError) -> Int {
    let ended = outstanding
    outstanding = []
    var failure: AsyncFileError?
    for operation in ended {
      do { try operation.wait() } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return ended.count
  }

  // MARK: Whole files

  /// Reads a contiguous CPU tensor's bytes from the file at `path`.
  ///
  /// - Throws: ``AsyncFileError``.
  public func read(into tensor: Tensor, fromPath path: String, offset: Int = 0) throws(AsyncFileError) {
    try read(into: tensor, from: AsyncFile(path: path, mode: .read), offset: offset)
  }

  /// Writes a contiguous CPU tensor's bytes to the file at `path`, which is made where it does not exist. Space is
  /// set aside first, so that a full disk is found before anything is written.
  ///
  /// - Throws: ``AsyncFileError``.
  public func write(_ tensor: Tensor, toPath path: String, offset: Int = 0) throws(AsyncFileError) {
    let file = try AsyncFile(path: path, mode: .update)
    try file.reserve(byteCount: offset + tensor.byteCount)
    try write(tensor, to: file, offset: offset)
  }

  private func keep(_ operation: AsyncFileOperation) -> AsyncFileOperation {
    outstanding.append(operation)
    return operation
  }

  private func operation(_ tensor: Tensor, _ file: AsyncFile, offset: Int, isWrite: Bool) -> AsyncFileOperation {
    tensor.withUnsafeMutableBytes { operation($0, file, offset: offset, isWrite: isWrite, owner: tensor) }
  }

  private func operation(
    _ bytes: UnsafeMutableRawBufferPointer, _ file: AsyncFile, offset: Int, isWrite: Bool, owner: AnyObject?
  ) -> AsyncFileOperation {
    precondition(offset >= 0, "byte \(offset) of \(file.path)")
    var request = ca_request(
      file: file.cFile, is_write: isWrite, memory: bytes.baseAddress, byte_count: Int64(bytes.count),
      offset: Int64(offset))
    return AsyncFileOperation(
      handle: ca_start(queue, &request), file: file, range: offset..<offset + bytes.count, isWrite: isWrite,
      memory: owner)
  }
}
