internal import Glibc
internal import Synchronization
public import Torch

/// A fixed number of equal buffers that are handed out as tensors and come back when the tensors end: the memory
/// between files and computation, which never grows.
///
/// Buffers start at pages, so that files are read into them and written from them without a copy.
public final class BufferPool: Sendable {
  /// Bytes of a page: buffers start at multiples of it, as blocks of a file do.
  public static let pageSize = AsyncFile.pageSize
  /// Bytes of one buffer.
  public let bufferByteCount: Int
  /// Buffers of the pool.
  public let count: Int
  /// Whether the memory is kept from being swapped out (`mlock`). The system's limit (`ulimit -l`) may forbid it.
  public let isLocked: Bool
  private let pages: Pages
  private let free: Mutex<[Int]>

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - byteCount: of each; rounded up to whole pages.
  ///   - locks: ask the system to keep them in memory.
  /// - Throws: ``AsyncFileError`` when memory cannot be had.
  public init(count: Int, byteCount: Int, locks: Bool = false) throws(AsyncFileError) {
    precondition(count >= 0 && byteCount >= 0, "\(count) buffers of \(byteCount) bytes")
    let pageSize = BufferPool.pageSize
    bufferByteCount = (byteCount + pageSize - 1) / pageSize * pageSize
    self.count = count
    pages = try Pages(byteCount: bufferByteCount * count)
    isLocked = locks && pages.lock()
    free = Mutex(Array((0..<count).reversed()))
  }

  /// Buffers that nobody uses.
  public var freeCount: Int { free.withLock { $0.count } }

  /// Bytes of all buffers.
  public var byteCount: Int { count * bufferByteCount }

  /// A tensor over a free buffer, with whatever the buffer held. The buffer is free again when the last tensor over
  /// it has ended.
  ///
  /// - Throws: ``AsyncFileError`` when no buffer is free or the tensor does not fit, `TorchError`.
  public func tensor(_ shape: [Int], dtype: DType) throws -> Tensor {
    let needed = shape.reduce(dtype.byteCount, *)
    guard needed <= bufferByteCount else {
      throw AsyncFileError(.bufferTooSmall(byteCount: bufferByteCount, needed: needed))
    }
    guard let index = free.withLock({ $0.popLast() }) else { throw AsyncFileError(.noBuffer(count: count)) }
    guard let memory = pages.pointer?.advanced(by: index * bufferByteCount) else {
      free.withLock { $0.append(index) }
      return try Tensor.empty(shape, dtype: dtype)
    }
    return try Tensor.borrowing(memory, shape: shape, dtype: dtype) { [self] in
      free.withLock { $0.append(index) }
    }
  }

  /// A tensor of its own in whole pages that are kept in memory where the system allows it: DeepNVMe's
  /// `new_cpu_locked_tensor`.
  ///
  /// - Throws: ``AsyncFileError`` when memory cannot be had, `TorchError`.
  public static func lockedTensor(_ shape: [Int], dtype: DType) throws -> Tensor {
    try BufferPool(count: 1, byteCount: shape.reduce(dtype.byteCount, *), locks: true).tensor(shape, dtype: dtype)
  }
}

/// Memory of its own, at a page's start.
private final class Pages: Sendable {
  private let address: UInt
  private let byteCount: Int

  var pointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: address) }

  init(byteCount: Int) throws(AsyncFileError) {
    self.byteCount = byteCount
    guard byteCount > 0 else {
      address = 0
      return
    }
    let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard memory != MAP_FAILED, let memory else { throw AsyncFileError(.memory(byteCount: byteCount, code: errno)) }
    // Large pages make fewer pieces of each block; without them all works as well.
    madvise(memory, byteCount, MADV_HUGEPAGE)
    address = UInt(bitPattern: memory)
  }

  func lock() -> Bool { pointer.map { mlock($0, byteCount) == 0 } ?? true }

  deinit {
    if let pointer { munmap(pointer, byteCount) }
  }
}
