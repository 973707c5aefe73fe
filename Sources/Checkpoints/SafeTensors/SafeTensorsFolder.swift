public import Layers
public import Torch

/// The tensors of a folder's safetensors files, one file or many with an index, as one source.
public final class SafeTensorsFolder: WeightSource {
  /// The folder's path.
  public let location: String
  /// The names of all tensors, in the order of the files.
  public let names: [String]
  private let fileOfName: [String: SafeTensorsFile]

  /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
  ///
  /// - Parameter folder: the folder.
  /// - Throws: `FileFormatError` naming all missing shards, or what is wrong with a file; `FileSystemError`.
  public convenience init(folder: String) throws {
    let index = FileSystem.join(folder, SafeTensorsFormat.indexFileName)
    if FileSystem.entry(at: index) == .file {
      try self.init(index: index, folder: folder)
    } else {
      let path = FileSystem.join(folder, SafeTensorsFormat.singleFileName)
      let file = try SafeTensorsFile(path: path)
      self.init(location: folder, files: [(file, file.names)])
    }
  }

  private convenience init(index: String, folder: String) throws {
    let parsed = try SafeTensorsIndex(path: index)
    let absent = parsed.files.filter { FileSystem.entry(at: FileSystem.join(folder, $0.file)) != .file }
    guard absent.isEmpty else {
      throw FileFormatError(
        .missing, file: folder,
        item: absent.count == 1
          ? "shard \(absent[0].file)" : "shards \(absent.map(\.file).joined(separator: ", "))",
        found: "\(parsed.files.count - absent.count) of \(parsed.files.count) files",
        expected: "all files that \(SafeTensorsFormat.indexFileName) names; complete the download")
    }
    let files = try parsed.files.map { part in
      let file = try SafeTensorsFile(path: FileSystem.join(folder, part.file))
      for name in part.names where file.entry(named: name) == nil {
        throw FileFormatError(
          .missing, file: file.location, item: "tensor '\(name)'", found: "no such tensor",
          expected: "the tensor that \(SafeTensorsFormat.indexFileName) places there")
      }
      return (file, part.names)
    }
    self.init(location: folder, files: files)
  }

  private init(location: String, files: [(file: SafeTensorsFile, names: [String])]) {
    self.location = location
    var owners: [String: SafeTensorsFile] = [:]
    for (file, names) in files {
      for name in names { owners[name] = file }
    }
    fileOfName = owners
    names = files.flatMap { part in part.file.names.filter { owners[$0] === part.file } }
  }

  /// What the file that holds it says about the tensor of this name; nil when there is none.
  public func entry(named name: String) -> WeightEntry? {
    fileOfName[name]?.entry(named: name)
  }

  /// The tensor of this name on the CPU, sharing its file's pages; nil when there is none.
  ///
  /// - Throws: `TorchError`.
  public func tensor(named name: String) throws -> Tensor? {
    try fileOfName[name]?.tensor(named: name)
  }
}
