public import AsyncFiles

/// Where and how optimizer states live in files: `offload_optimizer` with device `nvme`, and `aio`.
public struct FileTierSettings: Sendable, Equatable {
  /// `nvme_path`: a folder on the drive. Nothing stays in it.
  public var folder: String
  /// `aio`: how files are read and written.
  public var files: AsyncFileSettings
  /// `buffer_count`: buffers between files and memory. A sub-group takes one for the masters and one for each state;
  /// where these are too few for what is pipelined, so many are made as that needs.
  public var bufferCount: Int
  /// `pin_memory`: keep the buffers from being swapped out.
  public var locksMemory: Bool
  /// `pipeline_read`: read the next sub-group while one is updated.
  public var pipelinesReads: Bool
  /// `pipeline_write`: write the last sub-group while one is updated.
  public var pipelinesWrites: Bool
  /// `sub_group_size`: elements that are read, updated and written together, at most. Above ``largestSubGroup`` files
  /// get no faster, so that is a limit as well.
  public var subGroupSize: Int

  /// 8 Mi elements: 32 MiB of each f32 tensor.
  public static let largestSubGroup = 8 << 20

  /// A tier of these settings; the defaults are DeepSpeed's.
  public init(
    folder: String, files: AsyncFileSettings = AsyncFileSettings(), bufferCount: Int = 4, locksMemory: Bool = true,
    pipelinesReads: Bool = false, pipelinesWrites: Bool = false, subGroupSize: Int = 1_000_000_000
  ) {
    self.folder = folder
    self.files = files
    self.bufferCount = bufferCount
    self.locksMemory = locksMemory
    self.pipelinesReads = pipelinesReads
    self.pipelinesWrites = pipelinesWrites
    self.subGroupSize = subGroupSize
  }
}
