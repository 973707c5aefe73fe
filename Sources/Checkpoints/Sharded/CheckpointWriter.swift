import Torch

/// Saves a training checkpoint: every rank its own fragments, rank 0 the model and the manifest.
///
/// Everything is written into a hidden folder, made durable and moved into place in one step; only then does
/// `latest` name it. `kill -9` at any moment leaves the previous checkpoint as it was.
public struct CheckpointWriter {
  /// Where checkpoints live: folders by tag, and `latest`.
  public let directory: String
  /// The ranks that save together; every one of them must call ``save(tag:manifest:model:fragments:saveLatest:)``.
  public let peers: CheckpointPeers

  /// The file that names the newest complete checkpoint.
  public static let latestFileName = "latest"
  static let modelFileName = "model.safetensors"

  /// A writer of checkpoints below `directory`.
  public init(directory: String, peers: CheckpointPeers) {
    self.directory = directory
    self.peers = peers
  }

  /// Saves one checkpoint; a checkpoint of the same tag is replaced.
  ///
  /// - Parameters:
  ///   - tag: the checkpoint's name, such as `global_step100`; not empty and without slashes.
  ///   - manifest: what it says of itself; `shardFiles` is filled in here. Rank 0's counts.
  ///   - model: working parameters and buffers by path; rank 0's are written.
  ///   - fragments: the optimizer states that this rank keeps and no lower rank writes; may be empty.
  ///   - saveLatest: let `latest` name this checkpoint.
  /// - Throws: `FileSystemError`, ``PeerFailure``, ``CheckpointError``.
  public func save(
    tag: String, manifest: CheckpointManifest, model: [LazyTensor], fragments: [StateFragment],
    saveLatest: Bool = true
  ) throws {
    try CheckpointWriter.check(tag: tag)
    let folder = try peers.together("save_checkpoint \(tag): begin") {
      peers.rank == 0 ? try AtomicFolder(path: FileSystem.join(directory, tag)) : nil
    }
    let path = try peers.broadcast(folder?.temporaryPath ?? "", "save_checkpoint \(tag): folder")
    let written = try peers.together("save_checkpoint \(tag): shards") {
      try writeShard(fragments, folder: path)
    }
    let records = try peers.exchange(Array(written.text.utf8), "save_checkpoint \(tag): checksums")
    try peers.together("save_checkpoint \(tag): commit") {
      guard let folder else { return }
      var files = try records.compactMap { try ShardRecord(text: String(decoding: $0, as: UTF8.self)).file }
      var manifest = manifest
      manifest.shardFiles = files.map(\.name)
      files.append(try SafeTensorsWriter.write(model, to: FileSystem.join(path, Self.modelFileName)))
      files.append(
        try AtomicFile.write(manifest.text, to: FileSystem.join(path, CheckpointManifest.fileName)))
      try ChecksumManifest(files).write(to: path)
      try folder.commit()
      if saveLatest { try AtomicFile.write(tag + "\n", to: FileSystem.join(directory, Self.latestFileName)) }
    }
  }

  private func writeShard(_ fragments: [StateFragment], folder: String) throws -> ShardRecord {
    guard !fragments.isEmpty else { return ShardRecord(file: nil) }
    let name = "optimizer-\(number(peers.rank + 1))-of-\(number(peers.count)).safetensors"
    return ShardRecord(file: try SafeTensorsWriter.write(fragments.map(\.stored), to: FileSystem.join(folder, name)))
  }

  private func number(_ value: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  static func check(tag: String) throws {
    guard !tag.isEmpty, !tag.contains("/"), !tag.hasPrefix("."), tag != latestFileName,
      !tag.utf8.contains(where: { $0 < 0x20 })
    else { throw CheckpointError.badTag(tag) }
  }
}

/// What a rank tells rank 0 of the file it wrote, as one line.
private struct ShardRecord {
  let file: ChecksummedFile?

  init(file: ChecksummedFile?) { self.file = file }

  var text: String { file.map { "\($0.name) \($0.byteCount) \($0.crc32c)" } ?? "" }

  init(text: String) throws {
    let parts = text.split(separator: " ")
    guard parts.count == 3, let byteCount = Int(parts[1]), let sum = UInt32(parts[2]) else {
      file = nil
      return
    }
    file = ChecksummedFile(name: String(parts[0]), byteCount: byteCount, crc32c: sum)
  }
}

/// Why a checkpoint cannot be saved or loaded.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The tag cannot be a folder's name.
  case badTag(String)
  /// No checkpoint of this tag, and which ones there are.
  case noCheckpoint(directory: String, tag: String, found: [String])
  /// A state of a parameter is not complete in the checkpoint's files.
  case incompleteState(folder: String, state: String, path: String, missing: Range<Int>)
  /// The model's parameters are not those of the checkpoint.
  case differentModel(folder: String, detail: String)

  /// One line: what, where, what was expected, what to do.
  public var description: String {
    switch self {
    case .badTag(let tag):
      return "checkpoint tag '\(tag)': expected a name without slashes that does not start with a dot, such as global_step100"
    case .noCheckpoint(let directory, let tag, let found):
      let list = found.isEmpty ? "it holds none" : "it holds \(found.joined(separator: ", "))"
      return "\(directory): no checkpoint '\(tag)'; \(list)"
    case .incompleteState(let folder, let state, let path, let missing):
      return
        "\(folder): elements \(missing.lowerBound) to \(missing.upperBound - 1) of \(state) of \(path) are in none of its files; the checkpoint was written by other software or is incomplete, load an earlier one"
    case .differentModel(let folder, let detail):
      return "\(folder): \(detail); load it into the model that it was saved from"
    }
  }
}
