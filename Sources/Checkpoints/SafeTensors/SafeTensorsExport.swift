public import Torch

/// Writes a model's tensors as `model.safetensors`, or as shards with an index, one tensor in memory at a
/// time.
public enum SafeTensorsExport {
  /// The size beyond which `transformers` begins a new shard by default, in bytes.
  public static let defaultShardBytes = 5_000_000_000

  /// Writes all tensors into a folder.
  ///
  /// - Parameters:
  ///   - folder: an existing folder; for an all-or-nothing export that of an `AtomicFolder`.
  ///   - tensors: what to write. A tensor larger than a shard gets one of its own.
  ///   - maxShardBytes: the bytes of values that one file may hold.
  ///   - provide: yields the tensor of a description. Called once for each, file by file.
  /// - Returns: names, sizes and checksums of the files.
  /// - Throws: `FileFormatError`, `FileSystemError`, `TorchError`, what `provide` throws.
  @discardableResult
  public static func write(
    into folder: String, tensors: [TensorDescription], maxShardBytes: Int = defaultShardBytes,
    provide: (TensorDescription) throws -> Tensor
  ) throws -> [ChecksummedFile] {
    let shards = shards(of: tensors, maxShardBytes: maxShardBytes)
    var parts: [(file: String, names: [String])] = []
    var files: [ChecksummedFile] = []
    for (index, shard) in shards.enumerated() {
      let name =
        shards.count == 1
        ? SafeTensorsFormat.singleFileName : SafeTensorsFormat.shardFileName(index + 1, of: shards.count)
      let writer = try SafeTensorsWriter(path: FileSystem.join(folder, name), tensors: shard)
      for description in writer.layout { try writer.append(provide(description)) }
      files.append(try writer.finish())
      parts.append((name, shard.map(\.name)))
    }
    if shards.count > 1 {
      let text = SafeTensorsIndex.text(files: parts, byteCount: tensors.reduce(0) { $0 + $1.byteCount })
      files.append(try AtomicFile.write(text, to: FileSystem.join(folder, SafeTensorsFormat.indexFileName)))
    }
    return files
  }

  /// The tensors in order, cut where the next one would not fit.
  static func shards(of tensors: [TensorDescription], maxShardBytes: Int) -> [[TensorDescription]] {
    var shards: [[TensorDescription]] = [[]]
    var size = 0
    for tensor in tensors {
      if size + tensor.byteCount > maxShardBytes, !shards[shards.count - 1].isEmpty {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += tensor.byteCount
    }
    return shards
  }
}
