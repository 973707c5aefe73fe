public import RunSettings

/// What `deepspeed train` was asked to do.
public struct RunOptions: Sendable {
  /// The model: a Hugging Face folder or a GGUF file.
  public var model: String
  /// The data: `.txt`, `.jsonl` or `.npy`.
  public var data: String
  /// The DeepSpeed config; nil for ``defaultConfiguration``.
  public var configuration: ConfigurationSource?
  /// Optimizer steps of the whole run; nil for one pass over the data.
  public var steps: Int?
  /// Tokens of a sequence; nil for 1024, or the model's length where that is less.
  public var sequenceLength: Int?
  /// The seed of shuffling, of dropout and of random weights.
  public var seed: UInt64 = 42
  /// Shuffle the rows in every epoch.
  public var shuffles = true
  /// Where checkpoints, the trained model and the plot go; nil keeps nothing.
  public var output: String?
  /// A folder of checkpoints to go on from.
  public var resume: String?
  /// A table of every step, as CSV.
  public var lossTable: String?
  /// Save a checkpoint every so many steps; nil saves one at the end.
  public var saveInterval: Int?
  /// Path patterns of parameters that are not trained.
  public var frozen: [String] = []
  /// Where tokenised text is kept for the next start; nil keeps none.
  public var cacheFolder: String?
  /// Less severe lines are not shown; nil leaves it to the config's `log_level`.
  public var logLevel: LogLevel?
  /// Unknown top-level keys of the config are errors.
  public var isStrict = false

  /// Variables that say what the terminal can show.
  public var environment: [String: String] = [:]

  /// A run of these things.
  public init(model: String, data: String) {
    self.model = model
    self.data = data
  }

  /// The config of a run that names none: bf16, AdamW, ZeRO-1.
  public static let defaultConfiguration = """
    {
      "train_micro_batch_size_per_gpu": 4,
      "bf16": {"enabled": true},
      "zero_optimization": {"stage": 1},
      "optimizer": {"type": "AdamW", "params": {"lr": 2e-5, "betas": [0.9, 0.95], "weight_decay": 0.1}}
    }
    """
}
