import Foundation
import Testing
import Torch

@testable import Optimizers

struct AdamTests {
  /// Numbers that repeat after 101 elements.
  static func values(_ count: Int, _ factor: Int, over divisor: Float = 64) -> [Float] {
    (0..<count).map { Float(($0 * factor + 11) % 101 - 50) / divisor }
  }

  static func rule(
    decoupled: Bool = true, correctsBias: Bool = true, tensorOperations: Bool = false, stateDType: DType = .float32
  ) throws -> FlatRule<AdamOptions> {
    try FlatRule(
      AdamOptions(
        learningRate: 1e-2, beta1: 0.9, beta2: 0.95, weightDecay: 0.1, correctsBias: correctsBias,
        isDecoupled: decoupled, usesTensorOperations: tensorOperations), stateDType: stateDType)
  }

  static let count = 1003

  static func partition(_ rule: FlatRule<AdamOptions>) throws -> RulePartition { try RulePartition(rule, count: count) }

  /// The master weights after some steps.
  static func trained(
    _ partition: RulePartition, steps: Range<Int> = 0..<5, dtype: DType = .float32, from start: Tensor? = nil
  ) throws -> Tensor {
    let master = try start ?? Tensor(values(count, 37))
    for step in steps {
      let gradient = try Tensor(values(count, 29 + 2 * step)).to(dtype)
      try partition.step(master: master, gradient: gradient, gradientMultiplier: 0.5)
    }
    return master
  }

  @Test(arguments: [true, false], [true, false])
  func `the fused step equals the one of tensor operations`(decoupled: Bool, correctsBias: Bool) throws {
    for dtype in [DType.float32, .bfloat16, .float16] {
      let fused = try Self.partition(Self.rule(decoupled: decoupled, correctsBias: correctsBias))
      let plain = try Self.partition(
        Self.rule(decoupled: decoupled, correctsBias: correctsBias, tensorOperations: true))
      let found = try Self.trained(fused, dtype: dtype).array(of: Float.self)
      let expected = try Self.trained(plain, dtype: dtype).array(of: Float.self)
      // Both compute in f32 and round at other places: a few units in the last place of numbers around 1.
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 3e-7 })
      for (a, b) in zip(fused.states, plain.states) {
        #expect(try zip(a.array(of: Float.self), b.array(of: Float.self)).allSatisfy { abs($0 - $1) <= 3e-7 })
      }
    }
  }

  @Test func `a step moves every weight whose gradient is not zero`() throws {
    let rule = try FlatRule(AdamOptions(learningRate: 0.1))
    let master = try Tensor([Float](repeating: 1, count: 4))
    try RulePartition(rule, count: 4).step(master: master, gradient: try Tensor([Float]([1, -1, 0, 1e-3])))
    // The first corrected step of Adam is the learning rate in the direction of the sign.
    let moved = try master.array(of: Float.self)
    #expect(zip(moved, [0.9, 1.1, 1, 0.9] as [Float]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `pieces in any order give the bits of a whole step`() throws {
    let whole = try Self.partition(Self.rule())
    let pieced = try Self.partition(Self.rule())
    let expected = try Self.trained(whole, dtype: .bfloat16)
    let master = try Tensor(Self.values(Self.count, 37))
    for step in 0..<5 {
      let gradient = try Tensor(Self.values(Self.count, 29 + 2 * step)).to(.bfloat16)
      try pieced.rule.beginStep()
      for (start, length) in [(500, 503), (0, 17), (17, 483)] {
        try pieced.rule.update(
          FlatUpdate(
            master: try master.narrow(dim: 0, start: start, length: length),
            states: try pieced.states(from: start, length: length),
            gradient: try gradient.narrow(dim: 0, start: start, length: length), gradientMultiplier: 0.5))
      }
    }
    #expect(try master.array(of: Float.self) == expected.array(of: Float.self))
    #expect(pieced.rule.step == 5)
  }

  @Test func `the low-precision copy is the rounded master`() throws {
    let master = try Tensor(Self.values(100, 37))
    let copy = try Tensor.zeros([100], dtype: .bfloat16)
    try RulePartition(Self.rule(), count: 100).step(
      master: master, gradient: try Tensor(Self.values(100, 29)), lowPrecisionCopy: copy)
    #expect(try copy.array(of: Float.self) == master.to(.bfloat16).array(of: Float.self))
  }

  @Test func `a restored state goes on with the bits of an uninterrupted run`() throws {
    let uninterrupted = try Self.trained(Self.partition(Self.rule()), steps: 0..<6)
    let first = try Self.partition(Self.rule())
    let halfway = try Self.trained(first, steps: 0..<3)
    var second = try Self.partition(Self.rule())
    second.states = try first.states.map { try $0.clone() }
    second.rule.step = first.rule.step
    let resumed = try Self.trained(second, steps: 3..<6, from: halfway)
    #expect(try resumed.array(of: Float.self) == uninterrupted.array(of: Float.self))
  }

  @Test(arguments: [DType.bfloat16, .float16])
  func `states may be kept in 16 bits`(dtype: DType) throws {
    let partition = try Self.partition(Self.rule(stateDType: dtype))
    let low = try Self.trained(partition).array(of: Float.self)
    #expect(partition.states.map(\.byteCount) == [Self.count * 2, Self.count * 2])
    let full = try Self.trained(Self.partition(Self.rule())).array(of: Float.self)
    // Five steps of at most 1e-2 with moments that have 8 bits of precision or more.
    #expect(zip(low, full).allSatisfy { abs($0 - $1) < 2e-3 })
    #expect(low != full)
    #expect(throws: OptimizerError.self) { try Self.rule(stateDType: .int32) }
  }

  @Test func `momenta of a cycle replace the betas`() throws {
    let rule = try Self.rule()
    rule.setMomentum(CycledMomentum(beta1: 0.8, beta2: 0.99))
    #expect(rule.options.beta1 == 0.8 && rule.options.beta2 == 0.99)
    rule.setMomentum(CycledMomentum(beta1: 1.07, beta2: 0.99))
    #expect(throws: OptimizerError.self) { try rule.beginStep() }
  }

  @Test func `tensors that do not fit are errors and change nothing`() throws {
    let rule = try Self.rule()
    let master = try Tensor(Self.values(10, 37))
    let states = try rule.makeStates(elementCount: 10, device: .cpu)
    let gradient = try Tensor.zeros([10])
    let wrong = [
      FlatUpdate(master: master, states: states, gradient: try Tensor.zeros([9])),
      FlatUpdate(master: master, states: states, gradient: try Tensor.zeros([10], dtype: .int32)),
      FlatUpdate(master: try Tensor.zeros([10], dtype: .int32), states: states, gradient: gradient),
      FlatUpdate(
        master: master, states: states, gradient: gradient, lowPrecisionCopy: try Tensor.zeros([11])),
      FlatUpdate(master: master, states: [states[0]], gradient: gradient),
      FlatUpdate(master: master, states: [states[0], try Tensor.zeros([9])], gradient: gradient),
      FlatUpdate(
        master: master, states: [states[0], try Tensor.zeros([10], dtype: .bfloat16)], gradient: gradient),
    ]
    try rule.beginStep()
    for piece in wrong {
      #expect(throws: OptimizerError.self) { try rule.update(piece) }
    }
    #expect(try master.array(of: Float.self) == Self.values(10, 37))
  }

  @Test func `an empty partition steps`() throws {
    let empty = try Tensor.zeros([0])
    let partition = try RulePartition(Self.rule(), count: 0)
    try partition.step(master: empty, gradient: empty)
    #expect(partition.rule.step == 1)
  }
}
