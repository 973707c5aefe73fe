internal import CAsyncFiles

/// How files are read and written: the keys of a DeepSpeed config's section `aio`, with its defaults.
public struct AsyncFileSettings: Sendable, Equatable {
  /// How the kernel is asked.
  public enum Backend: String, Sendable, CaseIterable {
    /// io_uring where the kernel has it and lets us, threads elsewhere.
    case automatic
    /// io_uring, in Linux since 5.6.
    case ring
    /// `pread` and `pwrite` on threads, at most 64 for each of `workerCount`.
    case threads
  }

  /// `block_size`: bytes of one request to the kernel, at least 1; used as the next multiple of 4096.
  public var blockSize: Int
  /// `queue_depth`: blocks in flight for each worker, at least 1.
  public var queueDepth: Int
  /// `intra_op_parallelism`: threads that share one read or write by ranges of bytes, at least 1.
  public var workerCount: Int
  /// `single_submit`: one system call for each block instead of one for all that can start.
  public var submitsSingly: Bool
  /// `overlap_events`: new blocks start as soon as others end, instead of when all in flight have ended.
  public var overlapsEvents: Bool
  /// How the kernel is asked.
  public var backend: Backend

  /// Settings; the defaults are those of a config.
  public init(
    blockSize: Int = 1 << 20, queueDepth: Int = 8, workerCount: Int = 1, submitsSingly: Bool = false,
    overlapsEvents: Bool = true, backend: Backend = .automatic
  ) {
    self.blockSize = blockSize
    self.queueDepth = queueDepth
    self.workerCount = workerCount
    self.submitsSingly = submitsSingly
    self.overlapsEvents = overlapsEvents
    self.backend = backend
  }

  /// - Throws: ``AsyncFileError`` for a value that is out of range.
  func cSettings() throws(AsyncFileError) -> ca_settings {
    let limits = [
      ("block_size", blockSize, 1 << 30), ("queue_depth", queueDepth, 4096), ("intra_op_parallelism", workerCount, 1024),
    ]
    for (name, value, most) in limits where !(1...most).contains(value) {
      throw AsyncFileError(.setting(name: name, found: value, expected: "1 to \(most)"))
    }
    let alignment = AsyncFile.pageSize
    return ca_settings(
      block_size: Int64((blockSize + alignment - 1) / alignment * alignment), queue_depth: Int32(queueDepth),
      worker_count: Int32(workerCount), single_submit: submitsSingly, overlap_events: overlapsEvents,
      backend: backend.cBackend)
  }
}

extension AsyncFileSettings.Backend {
  fileprivate var cBackend: ca_backend {
    switch self {
    case .automatic: .automatic
    case .ring: .ring
    case .threads: .threads
    }
  }

  init(_ backend: ca_backend) {
    switch backend {
    case .automatic: self = .automatic
    case .ring: self = .ring
    case .threads: self = .threads
    }
  }
}
