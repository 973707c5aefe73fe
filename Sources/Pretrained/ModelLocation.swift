public import Checkpoints
import Glibc

/// Where a pretrained model lies: a Hugging Face folder or a GGUF file, opened but not loaded.
public enum ModelLocation {
  /// A folder with `config.json`.
  case folder(HuggingFaceFolder)
  /// A `.gguf` file.
  case gguf(GGUFFile)

  /// Looks at `path`.
  ///
  /// - Throws: `FileSystemError`, `FileFormatError` when it is neither.
  public init(path: String) throws {
    if path.hasSuffix(".gguf") {
      self = .gguf(try GGUFFile(path: path))
    } else if path.isEmpty || access(path + "/.", X_OK) != 0 {
      let isFile = access(path, F_OK) == 0
      throw FileFormatError(
        .missing, file: path.isEmpty ? "the model's path" : path,
        found: path.isEmpty ? "an empty path" : isFile ? "a file of another kind" : "nothing there",
        expected: "a Hugging Face model folder with config.json, or a .gguf file")
    } else {
      self = .folder(try HuggingFaceFolder(path: path))
    }
  }

  /// The path it was opened at.
  public var path: String {
    switch self {
    case .folder(let folder): folder.path
    case .gguf(let file): file.location
    }
  }
}
