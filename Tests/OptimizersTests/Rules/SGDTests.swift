import Testing
import Torch

@testable import Optimizers

struct SGDTests {
  @Test func `momentum follows the formula`() throws {
    let partition = try RulePartition(
      FlatRule(SGDOptions(learningRate: 0.1, momentum: 0.5, weightDecay: 0.01)), count: 2)
    let master = try Tensor([Float]([1, -2]))
    var (weights, velocity) = ([1.0, -2.0], [0.0, 0.0])
    for step in 1...4 {
      let gradient = [0.5, 0.25 * Double(step)]
      try partition.step(
        master: master, gradient: try Tensor(gradient.map { Float($0 * 8) }), gradientMultiplier: 0.125)
      for i in weights.indices {
        let g = gradient[i] + 0.01 * weights[i]
        velocity[i] = step == 1 ? g : 0.5 * velocity[i] + g
        weights[i] -= 0.1 * velocity[i]
      }
    }
    let found = try master.array(of: Double.self)
    #expect(zip(found, weights).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found) \(weights)")
  }

  @Test func `without momentum there is no state`() throws {
    let partition = try RulePartition(FlatRule(SGDOptions(learningRate: 0.5)), count: 3)
    let master = try Tensor([Float]([1, 2, 3]))
    let copy = try Tensor.zeros([3], dtype: .float16)
    try partition.step(master: master, gradient: try Tensor([Float]([2, 0, -2])), lowPrecisionCopy: copy)
    #expect(try master.array(of: Float.self) == [0, 2, 4])
    #expect(try copy.array(of: Float.self) == [0, 2, 4])
    #expect(partition.states.isEmpty)
  }

  @Test func `a restored velocity is kept, not started anew`() throws {
    let options = SGDOptions(learningRate: 0.1, momentum: 0.9, dampening: 0.5)
    let first = try RulePartition(FlatRule(options), count: 1)
    var second = try RulePartition(FlatRule(options), count: 1)
    let master = try Tensor([Float]([1]))
    let gradient = try Tensor([Float]([1]))
    try first.step(master: master, gradient: gradient)
    let other = try master.clone()
    second.states = try first.states.map { try $0.clone() }
    second.rule.step = first.rule.step
    try first.step(master: master, gradient: gradient)
    try second.step(master: other, gradient: gradient)
    #expect(try master.item() == other.item())
    #expect(abs(try master.item() - (1 - 0.1 - 0.1 * (0.9 + 0.5))) < 1e-6)
  }

  @Test func `a lookahead without momentum is an error`() {
    let error = #expect(throws: OptimizerError.self) { try FlatRule(SGDOptions(isNesterov: true)) }
    #expect(error?.description.contains("nesterov") == true)
  }
}
