// The one place that re-exports: `import DeepSpeed` is all that a program needs.
@_exported public import AsyncFiles
@_exported public import Checkpoints
@_exported public import Collectives
@_exported public import Datasets
@_exported public import Inference
@_exported public import Launcher
@_exported public import Layers
@_exported public import Models
@_exported public import Monitoring
@_exported public import Optimizers
@_exported public import Pretrained
@_exported public import RunSettings
@_exported public import Tokenizers
@_exported public import Torch
@_exported public import Training
@_exported public import ZeRO

/// The door that DeepSpeed users know: `initialize` a model with a config, get an engine.
public enum DeepSpeed {
  /// Wraps `model` in a training engine as a DeepSpeed config says.
  ///
  /// ```swift
  /// let engine = try DeepSpeed.initialize(model: model, config: "ds_config.json")
  /// ```
  ///
  /// - Parameters:
  ///   - model: a model whose parameters have their values.
  ///   - config: the path of a config, JSON text, or its base64.
  ///   - context: this rank; the only one when nil.
  ///   - totalSteps: steps of the run, for "auto" values of schedules.
  /// - Throws: `ConfigurationError` with everything that is wrong in the config, `TorchError`, `CollectiveError`.
  public static func initialize(
    model: Module, config: String, context: RankContext? = nil, totalSteps: Int? = nil
  ) throws -> TrainingEngine {
    let context = try context ?? RankContext.single()
    var facts = RunFacts(worldSize: context.worldSize)
    facts.totalSteps = totalSteps
    let plan = try RunPlan(try ConfigurationSource(argument: config), facts: facts)
    return try TrainingEngine(
      model: model, settings: try EngineSettings(plan: plan), processGroup: context.world)
  }
}
