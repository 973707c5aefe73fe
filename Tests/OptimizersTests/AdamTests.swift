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
    decoupled: Bool = true, correctsBias: Bool = true, tensorOperations: Bool = false
  ) throws -> Adam {
    try Adam(
      AdamOptions(
        learningRate: 1e-2, beta1: 0.9, beta2: 0.95, weightDecay: 0.1, correctsBias: correctsBias,
        isDecoupled: decoupled, usesTensorOperations: tensorOperations))
  }

  /// The master weights after some steps.
  static func trained(
    _ rule: Adam, count: Int = 1003, steps: Range<Int> = 0..<5, dtype: DType = .float32,
    from start: Tensor? = nil
  ) throws -> Tensor {
    let master = try start ?? Tensor(values(count, 37))
    for step in steps {
      let gradient = try Tensor(values(count, 29 + 2 * step)).to(dtype)
      try rule.step(master: master, gradient: gradient, gradientMultiplier: 0.5)
    }
    return master
  }

  @Test(arguments: [true, false], [true, false])
  func `the fused step equals the one of tensor operations`(decoupled: Bool, correctsBias: Bool) throws {
    for dtype in [DType.float32, .bfloat16, .float16] {
      let fused = try Self.rule(decoupled: decoupled, correctsBias: correctsBias)
      let plain = try Self.rule(decoupled: decoupled, correctsBias: correctsBias, tensorOperations: true)
      let found = try Self.trained(fused, dtype: dtype).array(of: Float.self)
      let expected = try Self.trained(plain, dtype: dtype).array(of: Float.self)
      // Both compute in f32 and round at other places: a few units in the last place of numbers around 1.
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 3e-7 })
      for name in fused.stateNames {
        let a = try #require(fused.state?.tensors[name]).array(of: Float.self)
        let b = try #require(plain.state?.tensors[name]).array(of: Float.self)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 3e-7 })
      }
    }
  }

  @Test func `a step moves every weight whose gradient is not zero`() throws {
    let rule = try Adam(AdamOptions(learningRate: 0.1))
    let master = try Tensor([Float](repeating: 1, count: 4))
    try rule.step(master: master, gradient: try Tensor([Float]([1, -1, 0, 1e-3])))
    // The first corrected step of Adam is the learning rate in the direction of the sign.
    let moved = try master.array(of: Float.self)
    #expect(zip(moved, [0.9, 1.1, 1, 0.9] as [Float]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `pieces in any order give the bits of a whole step`() throws {
    let count = 1003
    let whole = try Self.rule()
    let pieced = try Self.rule()
    let expected = try Self.trained(whole, count: count, dtype: .bfloat16)
    let master = try Tensor(Self.values(count, 37))
    try pieced.allocateState(elementCount: count, device: .cpu, dtype: .float32)
    for step in 0..<5 {
      let gradient = try Tensor(Self.values(count, 29 + 2 * step)).to(.bfloat16)
      try pieced.beginStep()
      for (start, length) in [(500, 503), (0, 17), (17, 483)] {
        try pieced.update(
          FlatUpdate(
            master: try master.narrow(dim: 0, start: start, length: length),
            gradient: try gradient.narrow(dim: 0, start: start, length: length), gradientMultiplier: 0.5,
            offset: start))
      }
    }
    #expect(try master.array(of: Float.self) == expected.array(of: Float.self))
    #expect(pieced.state?.step == 5)
  }

  @Test func `the low-precision copy is the rounded master`() throws {
    let master = try Tensor(Self.values(100, 37))
    let copy = try Tensor.zeros([100], dtype: .bfloat16)
    try Self.rule().step(master: master, gradient: try Tensor(Self.values(100, 29)), lowPrecisionCopy: copy)
    #expect(try copy.array(of: Float.self) == master.to(.bfloat16).array(of: Float.self))
  }

  @Test func `a restored state goes on with the bits of an uninterrupted run`() throws {
    let uninterrupted = try Self.trained(try Self.rule(), steps: 0..<6)
    let first = try Self.rule()
    let halfway = try Self.trained(first, steps: 0..<3)
    let saved = try #require(first.state)
    let second = try Self.rule()
    let copies = try saved.tensors.mapValues { try $0.clone() }
    try second.restore(OptimizerState(step: saved.step, tensors: copies))
    let resumed = try Self.trained(second, steps: 3..<6, from: halfway)
    #expect(try resumed.array(of: Float.self) == uninterrupted.array(of: Float.self))
  }

  @Test func `states may be kept in bf16`() throws {
    let rule = try Self.rule()
    try rule.allocateState(elementCount: 1003, device: .cpu, dtype: .bfloat16)
    let low = try Self.trained(rule).array(of: Float.self)
    #expect(rule.state?.byteCount == 1003 * 2 * 2)
    let full = try Self.trained(try Self.rule()).array(of: Float.self)
    // Five steps of at most 1e-2 with moments that have 8 bits of precision.
    #expect(zip(low, full).allSatisfy { abs($0 - $1) < 2e-3 })
    #expect(low != full)
  }

  @Test func `momenta of a cycle replace the betas`() throws {
    let rule = try Self.rule()
    rule.setMomentum(CycledMomentum(beta1: 0.8, beta2: 0.99))
    #expect(rule.options.beta1 == 0.8 && rule.options.beta2 == 0.99)
    rule.setMomentum(CycledMomentum(beta1: 1.07, beta2: 0.99))
    try rule.allocateState(elementCount: 1, device: .cpu, dtype: .float32)
    #expect(throws: OptimizerError.self) { try rule.beginStep() }
  }

  @Test func `tensors that do not fit are errors and change nothing`() throws {
    let rule = try Self.rule()
    let master = try Tensor(Self.values(10, 37))
    try rule.allocateState(elementCount: 10, device: .cpu, dtype: .float32)
    let wrong = [
      FlatUpdate(master: master, gradient: try Tensor.zeros([9])),
      FlatUpdate(master: master, gradient: try Tensor.zeros([10], dtype: .int32)),
      FlatUpdate(master: try Tensor.zeros([10], dtype: .bfloat16), gradient: try Tensor.zeros([10])),
      FlatUpdate(master: master, gradient: try Tensor.zeros([10]), lowPrecisionCopy: try Tensor.zeros([11])),
      FlatUpdate(master: master, gradient: try Tensor.zeros([10]), offset: 1),
    ]
    try rule.beginStep()
    for piece in wrong {
      #expect(throws: OptimizerError.self) { try rule.update(piece) }
    }
    #expect(try master.array(of: Float.self) == Self.values(10, 37))
  }

  @Test func `a step without states and a state of another rule are errors`() throws {
    let rule = try Self.rule()
    #expect(throws: OptimizerError.self) { try rule.beginStep() }
    let foreign = OptimizerState(step: 1, tensors: ["momentum_buffer": try Tensor.zeros([4])])
    #expect(throws: OptimizerError.self) { try rule.restore(foreign) }
    let uneven = OptimizerState(
      step: 1, tensors: ["exp_avg": try Tensor.zeros([4]), "exp_avg_sq": try Tensor.zeros([5])])
    #expect(throws: OptimizerError.self) { try rule.restore(uneven) }
  }

  @Test func `an empty partition steps`() throws {
    let empty = try Tensor.zeros([0])
    let rule = try Self.rule()
    try rule.step(master: empty, gradient: empty)
    #expect(rule.state?.step == 1)
  }
}
