/// How states that live in files are read and written: the section `aio`.
public struct AsyncFilePlan: Sendable, Equatable {
  /// Bytes of one request to the kernel.
  public let blockSize: Int
  /// Requests in flight for each thread.
  public let queueDepth: Int
  /// Threads that share one transfer.
  public let threadCount: Int
  /// Whether each request is submitted by a system call of its own.
  public let submitsSingly: Bool
  /// Whether new requests start as earlier ones end, instead of when all have ended.
  public let overlapsEvents: Bool
}

extension AsyncFilePlan {
  init(_ keys: Settings<AsyncIOKeys>) {
    blockSize = keys.blockSize
    queueDepth = keys.queueDepth
    threadCount = keys.threadCount
    submitsSingly = keys.submitsSingly
    overlapsEvents = keys.overlapsEvents
  }
}
