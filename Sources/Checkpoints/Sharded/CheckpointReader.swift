public import Torch

/// Opens a training checkpoint and yields any range of any state, whatever the rank count that wrote it.
///
/// Files are memory-mapped: a rank reads the bytes that it asks for and no others.
public final class CheckpointReader {
  /// The checkpoint's folder.
  public let folder: String
  /// What it says of itself.
  public let manifest: CheckpointManifest

  private struct Piece {
    let start: Int
    let file: Int
    let name: String
    let count: Int
  }

  private struct StateName: Hashable {
    let state: String
    let path: String
  }

  private let files: [SafeTensorsFile]
  private var pieces: [StateName: [Piece]] = [:]
  private let checksums: ChecksumManifest

  /// The tag that `latest` in `directory` names; nil when there is none.
  ///
  /// - Throws: `FileSystemError` when `latest` cannot be read.
  public static func latestTag(in directory: String) throws -> String? {
    let path = FileSystem.join(directory, CheckpointWriter.latestFileName)
    guard FileSystem.entry(at: path) == .file else { return nil }
    let text = String(decoding: try FileSystem.read(path, limit: 4096), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).first.map(String.init)
  }

  /// The tags of the complete checkpoints in `directory`, sorted.
  public static func tags(in directory: String) -> [String] {
    let names = (try? FileSystem.names(in: directory)) ?? []
    return names.filter { name in
      !name.hasPrefix(".")
        && FileSystem.entry(at: FileSystem.join(FileSystem.join(directory, name), CheckpointManifest.fileName))
          == .file
    }.sorted()
  }

  /// Opens the checkpoint `tag` in `directory` and checks that every file has its recorded size.
  ///
  /// - Parameters:
  ///   - directory: where checkpoints live.
  ///   - tag: the checkpoint's name.
  ///   - verifyingChecksums: also read every byte and compare its checksum. One rank of a machine suffices.
  /// - Throws: ``CheckpointError/noCheckpoint(directory:tag:found:)``, `FileFormatError` naming a damaged file.
  public init(directory: String, tag: String, verifyingChecksums: Bool = true) throws {
    try CheckpointWriter.check(tag: tag)
    folder = FileSystem.join(directory, tag)
    guard FileSystem.entry(at: FileSystem.join(folder, CheckpointManifest.fileName)) == .file else {
      throw CheckpointError.noCheckpoint(
        directory: directory, tag: tag, found: CheckpointReader.tags(in: directory))
    }
    checksums = try ChecksumManifest(folder: folder)
    if verifyingChecksums { try checksums.verify(folder: folder) } else { try checksums.verifySizes(folder: folder) }
    manifest = try CheckpointManifest(folder: folder)
    let folder = folder
    files = try manifest.shardFiles.map { try SafeTensorsFile(path: FileSystem.join(folder, $0)) }
    for (index, file) in files.enumerated() {
      for entry in file.header.entries {
        guard let place = StateFragment.parse(entry.name) else { continue }
        let count = entry.shape.reduce(1, *)
        pieces[StateName(state: place.state, path: place.path), default: []].append(
          Piece(start: place.start, file: index, name: entry.name, count: count))
      }
    }
    for key in pieces.keys { pieces[key]?.sort { $0.start < $1.start } }
  }

  /// The working parameters and buffers by path, mapped.
  public func model() throws -> SafeTensorsFile {
    try SafeTensorsFile(path: FileSystem.join(folder, CheckpointWriter.modelFileName))
  }

  /// True when some piece of the state is there.
  public func holds(state: String, path: String) -> Bool {
    pieces[StateName(state: state, path: path)] != nil
  }

  /// The states that the checkpoint keeps of a parameter, sorted by name.
  public func states(ofPath path: String) -> [String] {
    pieces.keys.filter { $0.path == path }.map(\.state).sorted()
  }

  /// Copies elements `range` of one state of one parameter into `destination`, `[range.count]`.
  ///
  /// - Throws: ``CheckpointError/incompleteState(folder:state:path:missing:)``, `TorchError`.
  public func read(state: String, path: String, range: Range<Int>, into destination: Tensor) throws {
    var next = range.lowerBound
    for piece in pieces[StateName(state: state, path: path)] ?? [] {
      let held = piece.start..<piece.start + piece.count
      let wanted = held.clamped(to: next..<range.upperBound)
      guard wanted.lowerBound == next, !wanted.isEmpty else { continue }
      guard let stored = try files[piece.file].tensor(named: piece.name) else { continue }
      try destination.narrow(dim: 0, start: next - range.lowerBound, length: wanted.count)
        .copyInPlace(stored.narrow(dim: 0, start: wanted.lowerBound - piece.start, length: wanted.count))
      next = wanted.upperBound
      if next == range.upperBound { return }
    }
    if next < range.upperBound {
      throw CheckpointError.incompleteState(
        folder: folder, state: state, path: path, missing: next..<range.upperBound)
    }
  }

  /// One whole state of one parameter in its own shape, f32.
  ///
  /// - Throws: ``CheckpointError/incompleteState(folder:state:path:missing:)``, `TorchError`.
  public func whole(state: String, of record: CheckpointManifest.ParameterRecord) throws -> Tensor {
    let count = record.shape.reduce(1, *)
    let values = try Tensor.empty([count], dtype: .float32)
    try read(state: state, path: record.path, range: 0..<count, into: values)
    return try values.reshape(record.shape)
  }
}
