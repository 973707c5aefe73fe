import Datasets
import Glibc
import Layers
import Models
import Pretrained
public import Torch

/// The loss of a model over a whole data file: `deepspeed eval` without its command line.
public struct EvaluationRun {
  private let model: CausalLanguageModel
  private let dataset: Dataset

  /// A finished evaluation.
  public struct Result: Sendable, Equatable {
    /// The mean cross-entropy in nats over all tokens that count.
    public let loss: Double
    /// `exp(loss)`.
    public let perplexity: Double
    /// Tokens that count.
    public let tokenCount: Int
  }

  /// Loads model and data.
  ///
  /// - Parameters:
  ///   - path: a Hugging Face folder or GGUF file.
  ///   - data: `.txt`, `.jsonl` or `.npy`.
  ///   - dtype: the dtype to compute in.
  ///   - sequenceLength: tokens of a row; nil for 1024, or the model's length where that is less.
  ///   - cacheFolder: where tokenised text is kept.
  /// - Throws: `ModelError`, `FileFormatError`, `DatasetError`, ``TrainingError``.
  public init(
    model path: String, data: String, dtype: DType = .float32, sequenceLength: Int? = nil, cacheFolder: String? = nil
  ) throws {
    let origin = try PretrainedModel(path: path)
    model = try origin.model(dtype: dtype, sharesFilePages: true)
    var options = RunOptions(model: path, data: data)
    options.sequenceLength = sequenceLength
    dataset = try Dataset(
      path: data, sequenceLength: try TrainingRun.sequenceLength(options, model: model),
      encoding: try TextEncoding(of: origin, model: model, data: data), cacheFolder: cacheFolder)
  }

  /// Reads every row once.
  ///
  /// - Throws: `DatasetError`, `TorchError`, ``TrainingError/option(name:found:expected:)`` when no token counts.
  public func run() throws -> Result {
    try model.setTraining(false)
    var loader = EvaluationLoader(dataset: dataset, shape: BatchShape(microBatch: 1))
    var sum = 0.0
    var count = 0
    try withoutGradients {
      while let batch = try loader.next() {
        let loss = try model.loss(batch.tokens, labels: batch.labels)
        sum += try loss.mean.item() * Double(loss.tokenCount)
        count += loss.tokenCount
      }
    }
    guard count > 0 else {
      throw TrainingError.option(name: "--data", found: "without a token to predict", expected: "a longer text")
    }
    return Result(loss: sum / Double(count), perplexity: exp(sum / Double(count)), tokenCount: count)
  }
}
