/// How far a training run is: everything besides tensors that a resumed run needs to go on as if never stopped.
public struct EngineProgress: Codable, Sendable, Equatable {
  /// Optimizer steps, skipped ones included (`global_steps`).
  public var globalSteps = 0
  /// Steps skipped because of an overflow (`skipped_steps`).
  public var skippedSteps = 0
  /// Micro steps, forward and backward pairs (`micro_steps`).
  public var microSteps = 0
  /// Samples trained on by all ranks together (`global_samples`).
  public var globalSamples = 0

  /// A run that has not begun.
  public init() {}

  /// Steps that changed the weights: what learning-rate schedules and Adam's bias correction count.
  public var appliedSteps: Int { globalSteps - skippedSteps }
}
