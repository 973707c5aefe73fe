public import Collectives
import Layers
import Models
import Optimizers
public import RunSettings
import Torch
public import ZeRO

/// Measures what a rank keeps of a model's states, beside ZeRO's formula: `deepspeed bench states` on one rank.
public struct StateBenchmark: Sendable {
  /// The shape.
  public var size: TrainingBenchmark.Size
  /// The precision of training.
  public var precision: FloatType
  /// The ZeRO stage.
  public var stage: Int

  /// A benchmark of these settings.
  public init(size: TrainingBenchmark.Size, precision: FloatType, stage: Int) {
    self.size = size
    self.precision = precision
    self.stage = stage
  }

  /// What was measured on one rank.
  public struct Result: Sendable, Equatable {
    /// Bytes of model states, measured from the tensors that hold them, between a backward pass and its step.
    public let stateBytes: ModelStateFormula.Bytes
    /// The same by the formula.
    public let formulaBytes: ModelStateFormula.Bytes
    /// Bytes of padding, which the formula leaves out.
    public let paddingBytes: Int
    /// By how much the process's resident memory has grown since before the engine was made, at that moment.
    public let residentBytes: Int
    /// By how much it had grown at the highest point of the second step: activations and what is under way included.
    public let peakBytes: Int
    /// Bytes of partitioned parameters that were whole at one time, at most.
    public let gatheredBytes: Int
    /// Elements of the model.
    public let parameterCount: Int
    /// Bytes of parameters and gradients that this rank sent in a step.
    public let sentBytes: Int
    /// The same by the formula.
    public let formulaSentBytes: Int
  }

  /// Runs it on this rank; every rank of the group must.
  ///
  /// One block of the same shape is trained first, so that libraries, what they keep for such products, threads and the
  /// group's own memory are not counted as states.
  /// At stage 3 every parameter is partitioned and goes as soon as it may, as in the formula.
  ///
  /// - Throws: what building and stepping an engine throws.
  public func run(group: ProcessGroup) throws -> Result {
    _ = try measure(size.declaredModel(layerCount: 1), group: group)
    return try measure(size.declaredModel(), group: group)
  }

  private func measure(_ model: CausalLanguageModel, group: ProcessGroup) throws -> Result {
    try StateBenchmark.measure(model, tokenCount: 32, precision: precision, stage: stage, group: group)
  }

  /// Trains a model for two steps on one row of so many tokens a rank, and measures in the second one.
  static func measure(
    _ model: CausalLanguageModel, tokenCount: Int, precision: FloatType, stage: Int, group: ProcessGroup
  ) throws -> Result {
    MemoryStatistics.releaseWaiting()
    let base = MemoryStatistics.now().residentBytes
    let type = precision == .float32 ? "" : "\"\(precision.rawValue)\": {\"enabled\": true},"
    let text = """
      {"train_batch_size": \(group.size), \(type)
       "zero_optimization": {"stage": \(stage), "overlap_comm": true, "stage3_param_persistence_threshold": 0,
         "stage3_max_reuse_distance": 0},
       "optimizer": {"type": "AdamW", "params": {"lr": 1e-4}}}
      """
    let settings = try EngineSettings(plan: try RunPlan(.text(text), facts: RunFacts(worldSize: group.size)))
    let engine = try TrainingEngine(
      model: model, settings: settings, processGroup: group,
      initializer: SeededInitializer(seed: 1234, dtype: settings.dtype))
    defer { engine.close() }
    func backward() throws {
      let tokens = try Tensor.zeros([1, tokenCount], dtype: .int64)
      try engine.backward(try engine.forward { try model.loss(tokens, labels: tokens).mean })
    }
    try backward()
    let sent = group.sentByLargeOperations
    MemoryStatistics.releaseWaiting()
    MemoryStatistics.resetPeaks()
    _ = try engine.step()
    try backward()
    let sentBytes = group.sentByLargeOperations - sent
    let peak = MemoryStatistics.now().peakResidentBytes - base
    MemoryStatistics.releaseWaiting()
    let resident = MemoryStatistics.now().residentBytes - base
    let formula = engine.modelStateFormula
    let states = engine.modelStateBytes
    try group.barrier(label: "states are measured")
    return Result(
      stateBytes: states, formulaBytes: formula.bytes, paddingBytes: Int(engine.paddingShare * Double(formula.bytes.total)),
      residentBytes: resident, peakBytes: peak,
      gatheredBytes: (engine.optimizer.gatherer?.peakLiveElementCount ?? 0) * settings.dtype.byteCount,
      parameterCount: try model.parameterCount(), sentBytes: sentBytes, formulaSentBytes: formula.sentBytesPerStep)
  }
}

extension ProcessGroup {
  /// Bytes that this rank has sent in the operations that carry parameters and gradients.
  var sentByLargeOperations: Int {
    [CollectiveOperation.reduceScatter, .allGather].reduce(0) { $0 + (counts[$1]?.sentBytes ?? 0) }
  }
}
