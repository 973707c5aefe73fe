public import AsyncFiles

/// Where and how a rank keeps what does not fit into memory (ZeRO-Infinity, arXiv 2104.07857).
public struct FileSettings: Sendable, Equatable {
  /// `nvme_path`: a folder on the fast disk.
  public var folder: String
  /// The section `aio`.
  public var files: AsyncFileSettings
  /// `max_in_cpu`: elements of parameters that stay in memory.
  public var maximumInMemory: Int
  /// `buffer_count`: transfers, each with its buffer, that may be under way at one time.
  public var bufferCount: Int

  /// Settings; the defaults are DeepSpeed's.
  public init(
    folder: String, files: AsyncFileSettings = AsyncFileSettings(), maximumInMemory: Int = 1_000_000_000,
    bufferCount: Int = 5
  ) {
    self.folder = folder
    self.files = files
    self.maximumInMemory = maximumInMemory
    self.bufferCount = bufferCount
  }
}
