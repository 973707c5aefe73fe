import AsyncFiles
import Collectives
import Torch

/// Shards in files, one a rank: a unit is read from the files of all ranks of the machine at once, so that every
/// rank's disk, and every queue of a disk, works (bandwidth-centric partitioning, arXiv 2104.07857, section 6.1).
final class FileShards: ShardSource {
  private let group: ProcessGroup
  private let reader: AsyncFileHandle
  private let writer: FileWriter
  private let own: AsyncFile
  private var files: [AsyncFile] = []
  let isAsynchronous = true

  /// - Throws: `AsyncFileError` when a file cannot be made, `CollectiveError`.
  init(dtype: DType, settings: FileSettings, group: ProcessGroup) throws {
    self.group = group
    reader = try AsyncFileHandle(settings.files)
    writer = try FileWriter(settings: settings)
    own = try ScratchFile.open("zero_stage_3/\(dtype.name)params/rank\(group.rank)/shards.swp", in: settings.folder)
    let paths = try group.allGather(bytes: Array(own.pathForOthers.utf8), label: "files of parameters")
    files = try paths.enumerated().map { rank, path in
      rank == group.rank ? own : try AsyncFile(path: String(decoding: path, as: UTF8.self), mode: .read)
    }
    try group.barrier(label: "files of parameters are open")
  }

  func isInMemory(byteOffset: Int) -> Bool { false }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try writer.finish()
    let values = try Tensor.empty([elementCount], dtype: dtype)
    try reader.read(into: values, from: own, offset: byteOffset)
    return values
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {
    try writer.write(values, to: own, offset: byteOffset)
  }

  func beginGather(
    into whole: Tensor, byteOffset: Int, _ fidelity: GatherFidelity, label: String
  ) throws -> (any PendingGather)? {
    let count = whole.elementCount / group.size
    let operations = try files.enumerated().map { rank, file in
      reader.startRead(
        into: try whole.narrow(dim: 0, start: rank * count, length: count), from: file, offset: byteOffset)
    }
    return Reading(operations: operations, reader: reader)
  }

  func publish() throws {
    try writer.finish()
    try group.barrier(label: "parameters are updated")
  }

  private struct Reading: PendingGather {
    let operations: [AsyncFileOperation]
    let reader: AsyncFileHandle

    func wait() throws {
      for operation in operations { try operation.wait() }
      if reader.outstandingCount > 256 { try reader.wait() }
    }
  }
}

/// The first shards in memory, the others in files (`max_in_cpu`).
final class TieredShards: ShardSource {
  private let memory: any ShardSource
  private let files: any ShardSource
  /// Shards from here on are in files.
  private let border: Int
  let isAsynchronous = true

  init(memory: any ShardSource, files: any ShardSource, border: Int) {
    self.memory = memory
    self.files = files
    self.border = border
  }

  private func tier(_ byteOffset: Int) -> any ShardSource { byteOffset < border ? memory : files }

  func isInMemory(byteOffset: Int) -> Bool { tier(byteOffset).isInMemory(byteOffset: byteOffset) }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try tier(byteOffset).ownShard(byteOffset: byteOffset, elementCount: elementCount, dtype: dtype)
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {
    try tier(byteOffset).storeOwnShard(values, byteOffset: byteOffset)
  }

  func beginGather(
    into whole: Tensor, byteOffset: Int, _ fidelity: GatherFidelity, label: String
  ) throws -> (any PendingGather)? {
    try tier(byteOffset).beginGather(into: whole, byteOffset: byteOffset, fidelity, label: label)
  }

  func publish() throws {
    try files.publish()
    try memory.publish()
  }
}
