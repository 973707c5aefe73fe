public import Torch

/// A model folder to be written in the layout of the Hugging Face libraries, so that `transformers` loads it.
public struct HuggingFaceExport: Sendable {
  /// The content of `config.json`.
  public var configuration: String
  /// The content of `generation_config.json`, if the model has one.
  public var generationConfiguration: String?
  /// Further files, such as those of `HuggingFaceFolder.tokenizerFiles()`.
  public var otherFiles: [(name: String, contents: [UInt8])]

  /// Gathers what goes beside the weights.
  public init(
    configuration: String, generationConfiguration: String? = nil,
    otherFiles: [(name: String, contents: [UInt8])] = []
  ) {
    self.configuration = configuration
    self.generationConfiguration = generationConfiguration
    self.otherFiles = otherFiles
  }

  /// Writes the folder. It appears complete or not at all, in place of what stood there before.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - tensors: the weights to write.
  ///   - maxShardBytes: the bytes of values that one file may hold.
  ///   - provide: yields the tensor of a description, one in memory at a time.
  /// - Returns: names, sizes and checksums of the files.
  /// - Throws: `FileSystemError`, `FileFormatError`, `TorchError`, what `provide` throws.
  @discardableResult
  public func write(
    to path: String, tensors: [TensorDescription],
    maxShardBytes: Int = SafeTensorsExport.defaultShardBytes,
    provide: (TensorDescription) throws -> Tensor
  ) throws -> [ChecksummedFile] {
    let folder = try AtomicFolder(path: path)
    var files = try SafeTensorsExport.write(
      into: folder.temporaryPath, tensors: tensors, maxShardBytes: maxShardBytes, provide: provide)
    var texts = otherFiles
    texts.append((HuggingFaceFolder.File.configuration.rawValue, Array(configuration.utf8)))
    if let generationConfiguration {
      texts.append(
        (HuggingFaceFolder.File.generationConfiguration.rawValue, Array(generationConfiguration.utf8)))
    }
    for (name, contents) in texts {
      files.append(try AtomicFile.write(contents, to: FileSystem.join(folder.temporaryPath, name)))
    }
    try folder.commit()
    return files
  }
}
