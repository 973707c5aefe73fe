public import Collectives
import Glibc
import Layers
import Models
import Optimizers
public import RunSettings
public import Torch
public import ZeRO

/// Trains a model of a fixed shape on random tokens and measures it: `deepspeed bench train` on one rank.
public struct TrainingBenchmark: Sendable {
  /// The shape.
  public var size: Size
  /// The precision of training with the built-in config.
  public var precision: FloatType
  /// Its ZeRO stage.
  public var stage: Int
  /// Optimizer steps, the first of which warm up.
  public var steps: Int
  /// Steps that are not counted.
  public var warmUpSteps: Int

  /// The config to use instead of the built-in one, which is AdamW with clipping.
  public var configuration: ConfigurationSource?

  /// Tokens of a sequence; nil for those of the shape.
  public var sequenceLength: Int?

  /// A benchmark of these settings.
  public init(size: Size, precision: FloatType, stage: Int, steps: Int, warmUpSteps: Int = 2) {
    self.size = size
    self.precision = precision
    self.stage = stage
    self.steps = steps
    self.warmUpSteps = warmUpSteps
  }

  /// What was measured, on this rank's clock.
  public struct Result: Sendable {
    /// The dtype of the working parameters, as the config has it.
    public let dtype: DType
    /// The ZeRO stage, as the config has it.
    public let stage: Int
    /// Seconds of each counted step, sorted.
    public let stepSeconds: [Double]
    /// CPU seconds of this rank's process in each counted step, sorted: what other processes on the machine
    /// disturb least.
    public let stepCPUSeconds: [Double]
    /// Seconds in which files pass through memory as in a step, without computing, sorted; none without files.
    public let transferSeconds: [Double]
    /// Tokens of a step over all ranks.
    public let tokensPerStep: Int
    /// Peak resident bytes of each rank.
    public let peakResidentBytes: [Int]
    /// Floating-point operations of a step over all ranks.
    public let flopsPerStep: Double
    /// The matrix-product speed of all ranks' threads together, measured after the steps, operations a second.
    public let peakFlops: Double
    /// Losses of all steps.
    public let losses: [Double]
    /// Elements of the model.
    public let parameterCount: Int
    /// Bytes of parameters and gradients that this rank sent in the last step.
    public let sentBytes: Int
    /// Bytes that this rank sent to other hosts in the last step, in all groups of ranks.
    public let sentBetweenHosts: Int
    /// Bytes of model states that this rank keeps in memory.
    public let modelStateBytes: ModelStateFormula.Bytes

    /// What a step is made of where files are used, at the medians, in seconds.
    public var parts: Parts? {
      guard !transferSeconds.isEmpty else { return nil }
      return Parts(
        compute: stepCPUSeconds[stepCPUSeconds.count / 2] / Double(Torch.threadCount),
        transfer: transferSeconds[transferSeconds.count / 2], step: medianSeconds)
    }

    /// The two things that a step with files does side by side.
    public struct Parts: Sendable {
      /// CPU time over threads: less than computing alone takes.
      public let compute: Double
      /// Files alone.
      public let transfer: Double
      /// Both.
      public let step: Double
      /// The step over the larger of its parts; 1 when all of the smaller one is hidden.
      public var ratio: Double { step / max(compute, transfer) }
    }

    /// The median step.
    public var medianSeconds: Double { stepSeconds[stepSeconds.count / 2] }
    /// Tokens a second at the median step.
    public var tokensPerSecond: Double { Double(tokensPerStep) / medianSeconds }
    /// Model FLOPs utilisation at the median step.
    public var utilization: Double { peakFlops > 0 ? flopsPerStep / medianSeconds / peakFlops : 0 }
  }

  /// The config that the peers use as well: AdamW, clipping at 1.
  private var configurationText: String {
    let type = precision == .float32 ? "" : "\"\(precision.rawValue)\": {\"enabled\": true},"
    return """
      {"train_batch_size": \(size.globalBatch), "gradient_clipping": 1.0, \(type)
       "zero_optimization": {"stage": \(stage), "overlap_comm": true},
       "optimizer": {"type": "AdamW", "params":
         {"lr": 3e-4, "betas": [0.9, 0.95], "eps": 1e-8, "weight_decay": 0.1}}}
      """
  }

  /// Runs it on this rank; every rank of the group must.
  ///
  /// - Parameters:
  ///   - group: the data-parallel ranks.
  ///   - sentBetweenHosts: yields the bytes that this rank has sent to other hosts so far.
  ///   - onFirstStep: called when the first step is done.
  /// - Throws: what building and stepping an engine throws.
  public func run(
    group: ProcessGroup, sentBetweenHosts: () -> Int = { 0 }, onFirstStep: () -> Void = {}
  ) throws -> Result {
    let plan = try RunPlan(configuration ?? .text(configurationText), facts: RunFacts(worldSize: group.size))
    let settings = try EngineSettings(plan: plan)
    let model = size.declaredModel()
    let engine = try TrainingEngine(
      model: model, settings: settings, processGroup: group,
      initializer: SeededInitializer(seed: 1234, dtype: settings.dtype))
    defer { engine.close() }
    let length = sequenceLength ?? size.sequenceLength
    let random = try Generator(seed: 7 &+ UInt64(group.rank))
    var seconds: [Double] = []
    var cpuSeconds: [Double] = []
    var losses: [Double] = []
    var sent = 0
    var crossed = 0
    for microStep in 0..<steps * settings.batch.gradientAccumulationSteps {
      let step = microStep / settings.batch.gradientAccumulationSteps
      if microStep == (steps - 1) * settings.batch.gradientAccumulationSteps {
        sent = group.sentByLargeOperations
        crossed = sentBetweenHosts()
      }
      let start = clock()
      let shape = [settings.batch.microBatchSize, length + 1]
      let rows = try Tensor.randint(low: 0, high: size.vocabularySize, shape: shape, generator: random)
      let tokens = try rows.narrow(dim: 1, start: 0, length: length).contiguous()
      let labels = try rows.narrow(dim: 1, start: 1, length: length).contiguous()
      let loss = try engine.forward { try model.loss(tokens, labels: labels).mean }
      try engine.backward(loss)
      guard let report = try engine.step() else { continue }
      if step == 0 { onFirstStep() }
      if step >= warmUpSteps {
        seconds.append(report.seconds)
        cpuSeconds.append(Double(clock() - start) / Double(CLOCKS_PER_SEC))
      }
      losses.append(report.loss)
    }
    sent = group.sentByLargeOperations - sent
    crossed = sentBetweenHosts() - crossed
    let transfers = try (0..<(engine.optimizer.usesFiles ? 3 : 0)).map { _ in
      let start = ContinuousClock.now
      try engine.optimizer.passThroughFiles()
      return start.duration(to: .now) / .seconds(1)
    }
    let tokens = settings.batch.trainBatchSize * length
    let own = "\(MemoryStatistics.now().peakResidentBytes)"
    let resident = try group.allGather(bytes: Array(own.utf8), label: "memory").map {
      Int(String(decoding: $0, as: UTF8.self)) ?? 0
    }
    // All ranks at once, as they compute during training.
    let peak = try Tensor([try MatrixPeak.measure(dtype: settings.dtype, size: 2048)], shape: [1])
    try group.allReduce(peak, op: .sum, label: "peak").wait()
    return Result(
      dtype: settings.dtype, stage: settings.zero.stage, stepSeconds: seconds.sorted(),
      stepCPUSeconds: cpuSeconds.sorted(), transferSeconds: transfers.sorted(), tokensPerStep: tokens, peakResidentBytes: resident,
      flopsPerStep: try model.flopsPerToken(sequenceLength: length) * Double(tokens), peakFlops: try peak.item(), losses: losses, parameterCount: try model.parameterCount(), sentBytes: sent,
      sentBetweenHosts: crossed,
      modelStateBytes: engine.modelStateBytes)
  }
}
