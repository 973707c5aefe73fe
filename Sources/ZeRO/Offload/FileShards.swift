import AsyncFiles
import Collectives
import Torch

/// Shards in files, one a rank: a unit is read from the files of all ranks of the machine at once, so that every
/// rank's disk, and every queue of a disk, works (bandwidth-centric partitioning, arXiv 2104.07857, section 6.1).
final class FileShards: ShardSource {
  private let group: ProcessGroup
  private let reader: AsyncFileHandle
  private let writer: FileWriter
  /// This rank's files: where shards are staged there are two, and each unit's values lie in one of them.
  private let own: [AsyncFile]
  /// Those of each rank.
  private var files: [[AsyncFile]] = []
  /// The units whose values lie in the second file, on every rank.
  private var swapped: Set<Int> = []
  /// The units whose new values lie in the other file.
  private var staged: Set<Int> = []
  let isAsynchronous = true

  /// - Parameter stages: whether new values are written beside the old ones, in a second file.
  /// - Throws: `AsyncFileError` when a file cannot be made, `CollectiveError`.
  init(dtype: DType, settings: FileSettings, group: ProcessGroup, stages: Bool) throws {
    self.group = group
    reader = try AsyncFileHandle(settings.files)
    writer = try FileWriter(settings: settings)
    let own = try (0..<(stages ? 2 : 1)).map {
      try ScratchFile.open("zero_stage_3/\(dtype.name)params/rank\(group.rank)/shards\($0).swp", in: settings.folder)
    }
    self.own = own
    let byFile = try own.map { file in
      try group.allGather(bytes: Array(file.pathForOthers.utf8), label: "files of parameters").enumerated().map {
        $0 == group.rank ? file : try AsyncFile(path: String(decoding: $1, as: UTF8.self), mode: .read)
      }
    }
    files = (0..<group.size).map { rank in byFile.map { $0[rank] } }
    try group.barrier(label: "files of parameters are open")
  }

  func isInMemory(byteOffset: Int) -> Bool { false }

  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor {
    try writer.finish()
    let values = try Tensor.empty([elementCount], dtype: dtype)
    try reader.read(into: values, from: own[place(of: byteOffset)], offset: byteOffset)
    return values
  }

  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws {
    try writer.write(values, to: own[place(of: byteOffset)], offset: byteOffset)
  }

  /// The file, of each rank's, that holds a unit.
  private func place(of byteOffset: Int) -> Int { swapped.contains(byteOffset) ? 1 : 0 }

  func stageOwnShard(_ values: Tensor, byteOffset: Int) throws {
    try writer.write(values, to: own[1 - place(of: byteOffset)], offset: byteOffset)
    staged.insert(byteOffset)
  }

  func publishStaged(byteOffset: Int) {
    guard staged.remove(byteOffset) != nil else { return }
    swapped.formSymmetricDifference([byteOffset])
  }

  func discardStaged() throws {
    // What is written there next must not meet what is on its way.
    try writer.finish()
    staged = []
  }

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    let (whole, byteOffset) = (request.whole, request.byteOffset)
    let count = whole.elementCount / group.size
    let operations = try files.enumerated().map { rank, files in
      reader.startRead(
        into: try whole.narrow(dim: 0, start: rank * count, length: count), from: files[place(of: byteOffset)],
        offset: byteOffset)
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

  func stageOwnShard(_ values: Tensor, byteOffset: Int) throws {
    try tier(byteOffset).stageOwnShard(values, byteOffset: byteOffset)
  }

  func publishStaged(byteOffset: Int) { tier(byteOffset).publishStaged(byteOffset: byteOffset) }

  func discardStaged() throws {
    try memory.discardStaged()
    try files.discardStaged()
  }

  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)? {
    try tier(request.byteOffset).beginGather(request, fidelity)
  }

  func publish() throws {
    try files.publish()
    try memory.publish()
  }
}
