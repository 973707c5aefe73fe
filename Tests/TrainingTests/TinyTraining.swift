import Collectives
import Layers
import Models
import Optimizers
import TestSupport
import Torch
import ZeRO

@testable import Training

/// A small GPT on fixed random tokens: enough to see whether engines agree.
struct TinyTraining: Sendable {
  var stage = 0
  var seed: UInt64 = 3
  var dtype = DType.float32
  var globalBatch = 8
  var accumulation = 1
  var bucketSize = 1500
  var overlap = true
  var roundRobin = false
  var frozen: [String] = []
  var gradientDType: DType?
  var clipping = 1.0
  var dropout = 0.0
  var communicationDType: DType?
  /// Of stage 3: biases stay whole, and every unit goes as soon as it may.
  var gathering = GatherSettings(persistenceThreshold: 80, maximumReuseDistance: 0)
  var recomputes = false
  var adjust: @Sendable (inout EngineSettings) -> Void = { _ in }
  var optimizer = OptimizerOptions.adam(AdamOptions(learningRate: 1e-2, beta2: 0.95, weightDecay: 0.1))
  var scaler: @Sendable () throws -> LossScaler = { try LossScaler(fixed: 1) }

  static let configuration = GPT2Configuration(
    vocabularySize: 41, maximumLength: 16, hiddenSize: 24, layerCount: 2, headCount: 2)
  static let length = 12

  /// An engine over a fresh model: the same values on every rank count.
  func engine(_ group: ProcessGroup) throws -> TrainingEngine {
    var configuration = TinyTraining.configuration
    configuration.residualDropout = dropout
    configuration.embeddingDropout = dropout
    configuration.attentionDropout = dropout
    let model = GPT2Model(configuration)
    try model.materialize(seed: seed, dtype: dtype)
    model.body.recomputesBlocks = recomputes
    for pattern in frozen { try model.freeze(matching: pattern) }
    try model.setGenerator(Generator(seed: 5 + UInt64(group.rank)))
    var settings = EngineSettings(
      batch: .init(
        microBatchSize: globalBatch / group.size / accumulation, gradientAccumulationSteps: accumulation,
        rankCount: group.size),
      dtype: dtype,
      zero: ZeROSettings(
        stage: stage, reduceBucketSize: bucketSize, overlapCommunication: overlap, roundRobinGradients: roundRobin,
        clipping: GradientClipping(maximumNorm: clipping), gradientDType: gradientDType,
        communicationDType: communicationDType),
      optimizer: optimizer, schedule: WarmupLR(maximum: 1e-2, stepCount: 4, shape: .linear),
      lossScaler: try scaler())
    settings.zero.gathering = gathering
    adjust(&settings)
    return try TrainingEngine(model: model, settings: settings, processGroup: group)
  }

  /// One optimizer step on the rows that belong to `step`, each row on one rank.
  func step(_ engine: TrainingEngine, _ step: Int) throws -> StepReport {
    guard let model = engine.model as? GPT2Model else { preconditionFailure("not the tiny model") }
    let group = engine.processGroup
    let rows = globalBatch / group.size / accumulation
    for micro in 0..<accumulation {
      let generator = try Generator(seed: UInt64(1000 + step))
      let all = try Tensor.randint(
        low: 0, high: TinyTraining.configuration.vocabularySize, shape: [globalBatch, TinyTraining.length + 1],
        generator: generator)
      let first = (micro * group.size + group.rank) * rows
      let own = try all.narrow(dim: 0, start: first, length: rows)
      let tokens = try own.narrow(dim: 1, start: 0, length: TinyTraining.length).contiguous()
      let labels = try own.narrow(dim: 1, start: 1, length: TinyTraining.length).contiguous()
      let loss = try engine.forward { try model.loss(tokens, labels: labels).mean }
      try engine.backward(loss)
      if let report = try engine.step() { return report }
    }
    preconditionFailure("no step at the boundary")
  }

  /// Losses and gradient norms of `steps` steps on `ranks` ranks, and the weights at the end.
  func run(ranks: Int, steps: Int) async throws -> Outcome {
    try await onRanks(ranks) { context in
      let engine = try self.engine(context.world)
      defer { engine.close() }
      let reports = try (0..<steps).map { try self.step(engine, $0) }
      return try Outcome(engine: engine, reports: reports)
    }[0]
  }

  /// What a run ended with.
  struct Outcome: Sendable {
    let losses: [Double]
    let norms: [Double]
    let weights: [[Float]]

    init(engine: TrainingEngine, reports: [StepReport]) throws {
      losses = reports.map(\.loss)
      norms = reports.map(\.gradientNorm)
      weights = try engine.model.namedParameters().map { try $0.parameter.tensor.array(of: Float.self) }
    }

    /// The furthest that two weights lie apart.
    func distance(to other: Outcome) -> Float {
      zip(weights.joined(), other.weights.joined()).map { abs($0 - $1) }.max() ?? 0
    }
  }
}
