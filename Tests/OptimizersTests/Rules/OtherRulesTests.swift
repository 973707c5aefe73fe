import Testing
import Torch

@testable import Optimizers

/// Adagrad, Lion and LAMB: the kernels against the same step of tensor operations.
struct OtherRulesTests {
  static func run(
    _ partition: RulePartition, gradientDType: DType = .float32, masterDType: DType = .float32,
    update: (FlatUpdate) throws -> Void
  ) throws -> [[Float]] {
    let count = partition.states[0].elementCount
    let master = try Tensor(AdamTests.values(count, 37)).to(masterDType)
    for step in 0..<5 {
      let gradient = try Tensor(AdamTests.values(count, 29 + 2 * step)).to(gradientDType)
      try partition.rule.beginStep()
      try update(
        FlatUpdate(master: master, states: partition.states, gradient: gradient, gradientMultiplier: 0.5))
    }
    return try ([master] + partition.states).map { try $0.array(of: Float.self) }
  }

  /// The steps of a rule made of tensor operations.
  static func operating<Options: FusedOptions>(_ rule: FlatRule<Options>) -> (FlatUpdate) throws -> Void {
    { piece in
      let wide = try WidePiece(piece)
      try rule.options.operate(on: wide, step: rule.step)
      try wide.store()
    }
  }

  static func agree(_ a: [[Float]], _ b: [[Float]], within tolerance: Float) -> Bool {
    zip(a, b).allSatisfy { zip($0, $1).allSatisfy { abs($0 - $1) <= tolerance } }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `Adagrad's fused step equals the one of tensor operations`(dtype: DType) throws {
    let options = AdagradOptions(learningRate: 0.05, weightDecay: 0.1)
    let (fused, plain) = (try FlatRule(options), try FlatRule(options))
    let found = try Self.run(RulePartition(fused, count: 1003), gradientDType: dtype, update: fused.update)
    let expected = try Self.run(
      RulePartition(plain, count: 1003), gradientDType: dtype, update: Self.operating(plain))
    #expect(Self.agree(found, expected, within: 5e-7))
    #expect(found[0] != AdamTests.values(1003, 37))
  }

  @Test func `Lion's fused step equals the one of tensor operations`() throws {
    let options = LionOptions(learningRate: 0.01, beta2: 0.95, weightDecay: 0.1)
    let (fused, plain) = (try FlatRule(options), try FlatRule(options))
    let found = try Self.run(RulePartition(fused, count: 1003), update: fused.update)
    let expected = try Self.run(RulePartition(plain, count: 1003), update: Self.operating(plain))
    #expect(Self.agree(found, expected, within: 5e-7))
  }

  @Test(arguments: [false, true], [DType.float32, .bfloat16])
  func `LAMB's fused halves equal those of tensor operations`(inside: Bool, stateDType: DType) throws {
    let options = LambOptions(
      learningRate: 0.05, beta2: 0.95, epsilon: 1e-3, addsEpsilonInsideRoot: inside, weightDecay: 0.1)
    let fused = try FlatRule(options, stateDType: stateDType)
    let plain = try FlatRule(options, stateDType: stateDType)
    let found = try Self.run(RulePartition(fused, count: 1003), update: fused.update)
    let expected = try Self.run(RulePartition(plain, count: 1003)) { piece in
      let ratio = options.trustRatio(try options.measureWithOperations(piece))
      try options.applyWithOperations(piece, trustRatio: ratio, step: plain.step)
    }
    // States in bf16 may round to the other side of a border.
    #expect(Self.agree(found, expected, within: stateDType == .float32 ? 2e-6 : 2e-2))
  }

  @Test func `LAMB scales each parameter of a piece by its own trust ratio`() throws {
    let rule = try FlatRule(LambOptions(learningRate: 0.1, correctsBias: false))
    let partition = try RulePartition(rule, count: 4)
    let master = try Tensor([Float]([3, 4, 30, 40]))
    let gradient = try Tensor([Float]([1, 1, 1, 1]))
    let piece = FlatUpdate(master: master, states: partition.states, gradient: gradient)
    try rule.beginStep()
    let parts = [0..<2, 2..<4]
    let squares = try rule.measure(piece, parameters: parts)
    #expect(squares.map(\.weights) == [25, 2500])
    try rule.apply(piece, parameters: parts, squares: squares)
    // Directions are 0.1 / sqrt(0.001), so 3.1623 each, of norm 4.4721; ratios 1.118 and, limited, 10.
    let moved = try master.array(of: Float.self)
    #expect(abs(moved[0] - (3 - 0.1 * 1.118034 * 3.162278)) < 1e-4)
    #expect(abs(moved[2] - (30 - 0.1 * 10 * 3.162278)) < 1e-4)
  }

  @Test func `LAMB does not scale a parameter of zeros`() throws {
    let options = LambOptions()
    #expect(options.trustRatio(LayerSquares(weights: 0, direction: 4)) == 1)
    #expect(options.trustRatio(LayerSquares(weights: 4, direction: 0)) == 1)
    #expect(options.trustRatio(LayerSquares(weights: 1e-8, direction: 4)) == 0.01)
  }

  @Test func `weights in bf16 may be their own masters, without a copy beside them`() throws {
    let rule = try FlatRule(AdamOptions())
    let partition = try RulePartition(rule, count: 1003)
    let found = try Self.run(partition, gradientDType: .bfloat16, masterDType: .bfloat16, update: rule.update)
    #expect(found[0] != AdamTests.values(1003, 37))
    let weights = try Tensor.zeros([4], dtype: .bfloat16)
    let states = try rule.makeStates(elementCount: 4, device: .cpu)
    #expect(throws: OptimizerError.self) {
      try rule.update(FlatUpdate(master: weights, states: states, gradient: weights, lowPrecisionCopy: weights))
    }
  }
}
