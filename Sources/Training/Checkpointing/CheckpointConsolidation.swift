public import Checkpoints
import Layers
import Models
import Pretrained
import Torch

/// Makes one f32 model folder of a checkpoint's partitions (`zero_to_fp32.py`).
public struct CheckpointConsolidation {
  private let reader: CheckpointReader
  private let origin: PretrainedModel
  private let maxShardBytes: Int
  private let excludesFrozen: Bool

  /// Opens and checks the checkpoint.
  ///
  /// - Parameters:
  ///   - directory: where checkpoints live.
  ///   - tag: which one; nil for the latest.
  ///   - model: a folder or GGUF file with the model's configuration and tokenizer.
  ///   - maxShardBytes: bytes of tensors in one file; a larger tensor has a file of its own.
  ///   - excludesFrozen: leave out parameters that were not trained.
  /// - Throws: `CheckpointError`, `FileFormatError`, `FileSystemError`.
  public init(
    directory: String, tag: String?, model: String, maxShardBytes: Int = SafeTensorsExport.defaultShardBytes,
    excludesFrozen: Bool = false
  ) throws {
    guard let tag = try tag ?? CheckpointReader.latestTag(in: directory) else {
      throw CheckpointError.noCheckpoint(
        directory: directory, tag: CheckpointWriter.latestFileName, found: CheckpointReader.tags(in: directory))
    }
    reader = try CheckpointReader(directory: directory, tag: tag)
    origin = try PretrainedModel(path: model)
    self.maxShardBytes = maxShardBytes
    self.excludesFrozen = excludesFrozen
  }

  /// Writes the folder, one parameter in memory at a time.
  ///
  /// - Throws: `CheckpointError` for a state that is not complete, `FileSystemError`, `TorchError`.
  public func write(to path: String) throws {
    let model = try origin.declaredModel()
    let records = Dictionary(
      reader.manifest.parameters.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    let stored = try reader.model()
    try model.materialize(with: MetaInitializer(dtype: .float32))
    try ModelExport(model: model, origin: origin).write(
      to: path, maxShardBytes: maxShardBytes,
      including: { excludesFrozen ? records[$0.description]?.isTrainable ?? true : true }
    ) { path, parameter in
      guard let record = records[path.description], record.shape == parameter.shape else {
        throw CheckpointError.differentModel(
          folder: reader.folder, detail: "\(path) of shape \(parameter.shape) is not in it")
      }
      if record.isTrainable { return try reader.whole(state: StateFragment.masterWeights, of: record) }
      guard let tensor = try stored.tensor(named: record.path) else {
        throw CheckpointError.differentModel(folder: reader.folder, detail: "its model file has no \(record.path)")
      }
      return try tensor.to(.float32)
    }
  }
}
