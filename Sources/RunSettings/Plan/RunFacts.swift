/// What the run knows and the configuration may leave open: it fills `"auto"` and batch sizes that are not
/// written, and never replaces a written value.
public struct RunFacts: Sendable {
  /// Ranks of the run.
  public var worldSize: Int
  /// Samples of one rank in one pass.
  public var microBatchSize: Int?
  /// Passes for one optimizer step.
  public var gradientAccumulationSteps: Int?
  /// Samples of all ranks for one optimizer step.
  public var trainBatchSize: Int?
  /// Optimizer steps of the whole run.
  public var totalSteps: Int?
  /// Optimizer steps of the warm-up.
  public var warmupSteps: Int?
  /// What `lr` is where the configuration says "auto".
  public var learningRate: Double?
  /// Decay rates of Adam's moments.
  public var betas: [Double]?
  /// Adam's epsilon.
  public var epsilon: Double?
  /// What `weight_decay` is where the configuration says "auto".
  public var weightDecay: Double?
  /// Largest norm of all gradients; 0 switches clipping off.
  public var gradientClipping: Double?
  /// Type of the model's parameters in training.
  public var modelType: FloatType?
  /// Width of the model's hidden states, from which bucket sizes follow.
  public var hiddenSize: Int?

  /// Facts of a run with `worldSize` ranks, everything else unknown.
  public init(worldSize: Int) { self.worldSize = worldSize }
}
