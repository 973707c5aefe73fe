import Collectives
import Foundation
import Layers
import Optimizers
import TestSupport
import Testing
import Torch

@testable import Training
@testable import ZeRO

@Suite struct ZenFlowTests {
  /// `A x + a + B z + b`: gradients that can be written down.
  final class TwoLayers: Module {
    @Child var first: Linear
    @Child var second: Linear

    override init() {
      _first = Child("first", Linear(inputSize: 7, outputSize: 5))
      _second = Child("second", Linear(inputSize: 40, outputSize: 5))
      super.init()
    }
  }

  static let (rows, outputs) = (12, 5)
  static let widths = [7, 40]

  /// Numbers that do not repeat soon.
  static func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { Double((($0 + 3) * (seed * 2 + 7) * 37) % 211 - 105) / 128 }
  }

  /// Inputs of both layers and targets of a step, all samples; some columns are larger than others, and
  /// change.
  static func data(_ step: Int) -> (inputs: [[Double]], targets: [Double]) {
    let inputs = widths.enumerated().map { layer, width in
      numbers(rows * width, step + 10 * layer).enumerated().map { $1 * Double(1 + ($0 % width + step / 5) % 4) }
    }
    return (inputs, numbers(rows * outputs, step + 50))
  }

  /// Gradients of `A`, `a`, `B`, `b` of the mean squared error.
  static func gradients(_ weights: [[Double]], _ step: Int) -> [[Double]] {
    let (inputs, targets) = data(step)
    var gradients = weights.map { $0.map { _ in 0.0 } }
    for row in 0..<rows {
      for output in 0..<outputs {
        var error = -targets[row * outputs + output]
        for (layer, width) in widths.enumerated() {
          error += weights[2 * layer + 1][output]
          for column in 0..<width {
            error += weights[2 * layer][output * width + column] * inputs[layer][row * width + column]
          }
        }
        let slope = 2 * error / Double(rows * outputs)
        for (layer, width) in widths.enumerated() {
          gradients[2 * layer + 1][output] += slope
          for column in 0..<width {
            gradients[2 * layer][output * width + column] += slope * inputs[layer][row * width + column]
          }
        }
      }
    }
    return gradients
  }

  /// The weights after each step of the plain loops.
  static func expected(_ reference: TwoTimescales, steps: Int) -> [[Double]] {
    var reference = reference
    let initial = [numbers(35, 1), numbers(5, 2), numbers(200, 3), numbers(5, 4)]
    reference.start(zip(initial, [7, nil, 40, nil]).map { TwoTimescales.Weight($0, width: $1) })
    return (0..<steps).map { step in
      reference.take(gradients(reference.weights.map(\.shown), step))
      return reference.weights.flatMap(\.shown)
    }
  }

  static let paths: [ParameterPath] = ["first.weight", "first.bias", "second.weight", "second.bias"]

  static func engine(
    _ reference: TwoTimescales, stage: Int, group: ProcessGroup, dtype: DType = .float32,
    offloadsChosen: Bool = false, shardGroupSize: Int? = nil
  ) throws -> TrainingEngine {
    let model = TwoLayers()
    try model.materialize(with: SeededInitializer(seed: 1, dtype: dtype))
    for (path, (count, seed)) in zip(paths, [(35, 1), (5, 2), (200, 3), (5, 4)]) {
      let parameter = try model.parameter(at: path)
      let values = try Tensor(numbers(count, seed).map(Float.init)).view(parameter.shape).to(dtype)
      try withoutGradients { _ = try parameter.tensor.copyInPlace(values) }
    }
    var settings = EngineSettings(
      batch: .init(microBatchSize: rows / group.size, gradientAccumulationSteps: 1, rankCount: group.size), dtype: dtype,
      zero: ZeROSettings(stage: stage, reduceBucketSize: 60, clipping: GradientClipping(maximumNorm: reference.clipping)),
      optimizer: .adam(AdamOptions(learningRate: reference.rate, beta2: reference.beta2, weightDecay: reference.decay)),
      schedule: ConstantLR(), lossScaler: try LossScaler(fixed: 1))
    settings.zero.gathering = GatherSettings(persistenceThreshold: 6, maximumReuseDistance: 0)
    settings.zero.hostOffload = HostOffload()
    settings.zero.shardGroupSize = shardGroupSize
    settings.zero.updateTiming = .importantFirst(ZenFlowSettings(
      columnShare: reference.share, choiceInterval: reference.choiceInterval, updateInterval: reference.updateInterval,
      outweighedShare: reference.outweighed, warmupStepCount: reference.warmup, overlapsUpdates: reference.overlaps,
      offloadsChosen: offloadsChosen))
    return try TrainingEngine(model: model, settings: settings, processGroup: group)
  }

  static func step(_ engine: TrainingEngine, _ step: Int) throws {
    guard let model = engine.model as? TwoLayers else { preconditionFailure("another model") }
    let group = engine.processGroup
    let own = rows / group.size
    let (inputs, targets) = data(step)
    func part(_ numbers: [Double], _ width: Int) throws -> Tensor {
      try Tensor(numbers.map(Float.init)).view([rows, width]).narrow(dim: 0, start: group.rank * own, length: own)
        .to(engine.settings.dtype)
    }
    let loss = try engine.forward {
      let sum = try model.first(part(inputs[0], 7)).add(model.second(part(inputs[1], 40)))
      return try sum.sub(part(targets, outputs)).square().mean()
    }
    try engine.backward(loss)
    _ = try engine.step()
  }

  static func weights(_ engine: TrainingEngine) throws -> [Double] {
    try paths.flatMap { path in
      try engine.wholeValues(of: engine.model.parameter(at: path)).array(of: Float.self).map(Double.init)
    }
  }

  /// The furthest that two weights lie apart.
  static func distance(_ found: [Double], _ expected: [Double]) -> Double {
    found.count == expected.count ? zip(found, expected).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  static let references: [TwoTimescales] = [
    TwoTimescales(), TwoTimescales(overlaps: true), TwoTimescales(choiceInterval: 4, updateInterval: 3),
    TwoTimescales(choiceInterval: 4, updateInterval: 3, overlaps: true, clipping: 0.5),
    TwoTimescales(choiceInterval: 5, updateInterval: 5, warmup: 3),
    TwoTimescales(choiceInterval: nil, updateInterval: 4), TwoTimescales(choiceInterval: 9, updateInterval: nil),
    TwoTimescales(choiceInterval: nil, updateInterval: nil, overlaps: true),
  ]

  @Test(.tags(.ranks), .timeLimit(.minutes(3)), arguments: [1, 2, 3], [1, 2, 3])
  func `training at two timescales is that of plain loops`(stage: Int, ranks: Int) async throws {
    for reference in Self.references {
      let expected = Self.expected(reference, steps: 14)
      let found = try await onRanks(ranks) { context in
        let engine = try Self.engine(reference, stage: stage, group: context.world)
        return try (0..<14).map { step in
          try Self.step(engine, step)
          return try Self.weights(engine)
        }
      }
      for (step, weights) in expected.enumerated() {
        let distance = found.map { Self.distance($0[step], weights) }.max() ?? .infinity
        #expect(distance < 2e-5, "\(reference.name), step \(step)")
      }
      // Plain AdamW is something else.
      let plain = Self.expected(TwoTimescales(warmup: 20), steps: 14)
      #expect(Self.distance(expected[13], plain[13]) > 0.01)
    }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)))
  func `copies of the states in groups of ranks choose the same columns`() async throws {
    let reference = TwoTimescales(choiceInterval: 4)
    let expected = Self.expected(reference, steps: 10)
    let found = try await onRanks(4) { context in
      let engine = try Self.engine(reference, stage: 3, group: context.world, shardGroupSize: 2)
      for step in 0..<10 { try Self.step(engine, step) }
      return try Self.weights(engine)
    }
    for weights in found { #expect(Self.distance(weights, expected[9]) < 2e-5) }
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [DType.float32, .bfloat16])
  func `stages and homes of the chosen states agree to the bit`(dtype: DType) async throws {
    var all: [[Double]] = []
    for (stage, offloads) in [(1, false), (2, true), (3, false)] {
      let found = try await onRanks(2) { context in
        let engine = try Self.engine(
          TwoTimescales(overlaps: true), stage: stage, group: context.world, dtype: dtype, offloadsChosen: offloads)
        for step in 0..<8 { try Self.step(engine, step) }
        return try Self.weights(engine)
      }
      #expect(found[0] == found[1])
      all.append(found[0])
    }
    #expect(all[0] == all[1] && all[0] == all[2])
  }

  @Test(.tags(.ranks), .timeLimit(.minutes(2)), arguments: [1, 2, 3])
  func `a checkpoint ends the window, and training from it goes on alike`(stage: Int) async throws {
    let folder = try TemporaryFolder()
    for overlaps in [false, true] {
      let reference = TwoTimescales(updateInterval: 4, overlaps: overlaps)
      let path = folder.path("\(overlaps)")
      let found = try await onRanks(2) { context in
        let engine = try Self.engine(reference, stage: stage, group: context.world)
        for step in 0..<6 { try Self.step(engine, step) }
        try engine.saveCheckpoint(to: path)
        let masters = try Self.paths.flatMap {
          try engine.fullState("fp32", of: $0).array(of: Float.self).map(Double.init)
        }
        #expect(try Self.weights(engine) == masters)
        let resumed = try Self.engine(reference, stage: stage, group: context.world)
        _ = try resumed.loadCheckpoint(from: path)
        for step in 6..<12 {
          try Self.step(engine, step)
          try Self.step(resumed, step)
        }
        return try [Self.weights(engine), Self.weights(resumed)]
      }[0]
      #expect(found[0] == found[1])
    }
  }

  @Test(arguments: [(1, OptimizerOptions.lamb(LambOptions())), (0, .adam(AdamOptions()))])
  func `what cannot be done at two timescales is an error`(stage: Int, optimizer: OptimizerOptions) async throws {
    _ = try await onRanks(1) { context in
      var tiny = TinyTraining()
      tiny.stage = stage
      tiny.optimizer = optimizer
      tiny.adjust = { $0.zero.updateTiming = .importantFirst(ZenFlowSettings()) }
      let error = #expect(throws: OptimizerError.self) { _ = try tiny.engine(context.world) }
      #expect(error?.description.contains("zenflow") == true)
    }
  }

  @Test func `the section of the config reaches the engine`() throws {
    func zenFlow(_ text: String) throws -> ZenFlowSettings? {
      let timing = try TrainingTestPlan.settings(
        #""zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}, "zenflow": {\#(text)}}"#
      ).zero.updateTiming
      if case .importantFirst(let settings) = timing { return settings }
      return nil
    }
    #expect(try zenFlow("") == ZenFlowSettings())
    let found = try zenFlow(
      #"""
      "topk_ratio": 0.2, "select_strategy": "step", "select_interval": 8, "update_interval": 4, "overlap_step": true,
      "auto_ratio": 0.5, "full_warm_up_rounds": 3, "pt_reserved_cores_perc": 0.25
      """#)
    let expected = ZenFlowSettings(
      columnShare: 0.2, choiceInterval: 8, updateInterval: 4, outweighedShare: 0.5, warmupStepCount: 3,
      overlapsUpdates: true, reservedThreadShare: 0.25)
    #expect(found == expected)
  }
}
