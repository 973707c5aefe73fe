import Collectives
import Layers
import Optimizers
import TestSupport
import Torch
import ZeRO

@testable import Training

/// Everything that makes partitioning hard in one small model: a tied table, a layer used twice, frozen, unused and
/// scalar parameters, one that another module reads, experts that get tokens on some ranks only, odd sizes.
final class OddModel: Module {
  @Child var table: Embedding
  @Child var head: Linear
  @Child var twice: Linear
  @Child var frozen: Linear
  @Child var unused: Linear
  @Child var experts: [Linear]
  @Child var holder: Holder
  @Child var norm: LayerNorm
  @Parameter var factor: Tensor

  static let vocabularySize = 37
  static let width = 10
  static let expertCount = 3

  /// A module that is never called: others read its parameter.
  final class Holder: Module {
    @Parameter var gain: Tensor
    override init() {
      _gain = Parameter("gain", shape: [OddModel.width], .ones)
      super.init()
    }
  }

  override init() {
    func linear(_ output: Int = OddModel.width) -> Linear { Linear(inputSize: OddModel.width, outputSize: output) }
    let table = Embedding(
      count: OddModel.vocabularySize, width: OddModel.width, initialization: .normal(standardDeviation: 0.5))
    _table = Child("table", table)
    _head = Child("head", Linear(sharing: table.$weight))
    _twice = Child("twice", linear())
    _frozen = Child("frozen", linear())
    _unused = Child("unused", linear(7))
    _experts = Child("experts", (0..<OddModel.expertCount).map { _ in linear() })
    _holder = Child("holder", Holder())
    _norm = Child("norm", LayerNorm(width: OddModel.width))
    _factor = Parameter("factor", shape: [], .ones)
    super.init()
  }

  /// - Parameter tokens: `[B, T + 1]`, int64; the expert of a row is its first token modulo their number
  func loss(_ tokens: Tensor) throws -> Tensor {
    let rows = tokens.size(0)
    let length = tokens.size(1) - 1
    let inputs = try tokens.narrow(dim: 1, start: 0, length: length)
    let targets = try tokens.narrow(dim: 1, start: 1, length: length)
    var hidden = try twice(twice(table(inputs)).tanh())
    hidden = try frozen(hidden).mul(holder.gain) + hidden
    let firsts = try inputs.narrow(dim: 1, start: 0, length: 1).array(of: Int.self)
    let parts = try (0..<rows).map { row in
      let own = try hidden.narrow(dim: 0, start: row, length: 1)
      let index = firsts[row] % (OddModel.expertCount + 1)
      return index < OddModel.expertCount ? try experts[index](own) : own
    }
    let mixed = try norm(Tensor.cat(parts, dim: 0)).mul(factor)
    let logits = try head(mixed).reshape([rows * length, OddModel.vocabularySize])
    return try CrossEntropy.apply(logits: logits, labels: targets.reshape([rows * length])).mean
  }
}

/// Training of the odd model on fixed tokens.
struct OddTraining: Sendable {
  var stage = 0
  var accumulation = 1
  var gathering = GatherSettings(persistenceThreshold: 0, maximumReuseDistance: 0)
  var adjust: @Sendable (inout EngineSettings) throws -> Void = { _ in }
  static let globalBatch = 12

  func engine(_ group: ProcessGroup, initializer: (any Initializer)? = nil) throws -> TrainingEngine {
    let model = OddModel()
    if initializer == nil { try model.materialize(with: SeededInitializer(seed: 11)) }
    try model.freeze(matching: "frozen.*")
    var settings = EngineSettings(
      batch: .init(
        microBatchSize: OddTraining.globalBatch / group.size / accumulation, gradientAccumulationSteps: accumulation,
        rankCount: group.size),
      dtype: .float32, zero: ZeROSettings(stage: stage, clipping: GradientClipping(maximumNorm: 1)),
      optimizer: .adam(AdamOptions(learningRate: 1e-2)), schedule: ConstantLR(), lossScaler: try LossScaler(fixed: 1))
    settings.zero.gathering = gathering
    try adjust(&settings)
    return try TrainingEngine(model: model, settings: settings, processGroup: group, initializer: initializer)
  }

  /// This rank's rows of a step.
  func rows(_ group: ProcessGroup, step: Int, micro: Int) throws -> Tensor {
    let all = try Tensor.randint(
      low: 0, high: OddModel.vocabularySize, shape: [OddTraining.globalBatch, 6],
      generator: Generator(seed: UInt64(100 + step)))
    let count = OddTraining.globalBatch / group.size / accumulation
    return try all.narrow(dim: 0, start: (micro * group.size + group.rank) * count, length: count)
  }

  @discardableResult
  func step(_ engine: TrainingEngine, _ step: Int) throws -> StepReport {
    guard let model = engine.model as? OddModel else { preconditionFailure("not the odd model") }
    for micro in 0..<accumulation {
      let rows = try rows(engine.processGroup, step: step, micro: micro)
      try engine.backward(engine.forward { try model.loss(rows) })
      if let report = try engine.step() { return report }
    }
    preconditionFailure("no step at the boundary")
  }

  /// The weights by name after so many steps.
  func trained(ranks: Int, steps: Int) async throws -> [String: [Float]] {
    try await onRanks(ranks) { context in
      let engine = try engine(context.world)
      defer { engine.close() }
      for step in 0..<steps { try self.step(engine, step) }
      let weights = try OddTraining.weights(engine)
      try context.world.barrier()
      return weights
    }[0]
  }

  /// All weights by name.
  static func weights(_ engine: TrainingEngine) throws -> [String: [Float]] {
    var weights: [String: [Float]] = [:]
    for (path, parameter) in try engine.model.namedParameters() {
      weights[path.description] = try engine.wholeValues(of: parameter).array(of: Float.self)
    }
    return weights
  }
}
