import AsyncFiles
import Optimizers
import Torch

/// What all partitions of a rank share to keep their states in files: handles, buffers and a folder.
///
/// Source: Rajbhandari et al., 2021, arXiv 2104.07857, section 5.1 and figure 4 (the infinity offload engine).
final class FileTier {
  /// Reads wait for no writes: each has a queue of its own.
  let reading: AsyncFileHandle
  let writing: AsyncFileHandle
  let buffers: BufferPool
  /// Elements of the largest sub-group.
  let subGroupSize: Int
  /// Sub-groups that are read before they are needed.
  let readAheadCount: Int
  /// Sub-groups that may still be on their way to the files while another one is updated.
  let writeBehindCount: Int
  private let drive: String
  private let place: String

  /// - Parameters:
  ///   - tensorCount: masters and states of a sub-group, at most.
  ///   - elementCount: elements of the largest partition.
  init(
    _ settings: FileTierSettings, stage: Int, rank: Int, tensorCount: Int, elementCount: Int
  ) throws(AsyncFileError) {
    subGroupSize = max(1, min(settings.subGroupSize, FileTierSettings.largestSubGroup, elementCount))
    let ahead = settings.pipelinesReads ? 1 : 0
    let behind = settings.pipelinesWrites ? 1 : 0
    // Further buffers are for what waits longest: reads.
    let spare = max(0, settings.bufferCount / max(tensorCount, 1) - 1 - ahead - behind)
    readAheadCount = ahead == 0 ? 0 : ahead + spare
    writeBehindCount = behind
    reading = try AsyncFileHandle(settings.files)
    writing = try AsyncFileHandle(settings.files)
    // One page more, so that a tensor can lie in its buffer as it lies in its file's pages.
    buffers = try BufferPool(
      count: tensorCount * (1 + readAheadCount + writeBehindCount), byteCount: subGroupSize * 4 + BufferPool.pageSize,
      locks: settings.locksMemory)
    drive = settings.folder
    place = "zero_stage_\(stage)/optimizer/rank\(rank)"
  }

  /// Bytes of all buffers.
  var bufferByteCount: Int { buffers.byteCount }

  /// Masters and states of a partition, all zero.
  ///
  /// - Parameters:
  ///   - name: tells its files from those of other partitions.
  ///   - keepsMasters: whether masters are kept, apart from the working parameters.
  ///   - isRevocable: new values go to a second set of files, so that updates can be taken back.
  /// - Throws: `AsyncFileError`, as when the disk is full.
  func makeStates(
    name: String, elementCount: Int, rule: any OptimizerRule, keepsMasters: Bool, isRevocable: Bool = false
  ) throws(AsyncFileError) -> FileStates {
    var files: [FileStates.File] = []
    let names = (keepsMasters ? [PartitionedGroup.masterState] : []) + rule.stateNames
    for state in names {
      let dtype = state == PartitionedGroup.masterState ? DType.float32 : rule.stateDType
      func open(_ suffix: String) throws(AsyncFileError) -> AsyncFile {
        try ScratchFile.open(
          "\(place)/\(name)_\(state)\(suffix).tensor.swp", in: drive, byteCount: elementCount * dtype.byteCount)
      }
      files.append(
        FileStates.File(file: try open(""), next: isRevocable ? try open("_next") : nil, dtype: dtype))
    }
    return FileStates(tier: self, files: files, hasMasters: keepsMasters)
  }

  /// A buffer for elements `range` of a file's tensor: its first byte lies in a page as it does in the file, so that
  /// all but the edges goes directly between the two.
  func buffer(_ range: Range<Int>, dtype: DType) throws -> Tensor {
    let first = range.lowerBound * dtype.byteCount % BufferPool.pageSize / dtype.byteCount
    return try buffers.tensor([first + range.count], dtype: dtype).narrow(dim: 0, start: first, length: range.count)
  }
}
