import Torch

@testable import Optimizers

/// A rule with the states of one partition on the CPU, as their owner keeps them.
struct RulePartition {
  let rule: any OptimizerRule
  var states: [Tensor]

  init(_ rule: any OptimizerRule, count: Int) throws {
    self.rule = rule
    states = try rule.makeStates(elementCount: count, device: .cpu)
  }

  /// A step over the whole partition.
  func step(
    master: Tensor, gradient: Tensor, gradientMultiplier: Double = 1, lowPrecisionCopy: Tensor? = nil
  ) throws {
    try rule.beginStep()
    try rule.update(
      FlatUpdate(
        master: master, states: states, gradient: gradient, gradientMultiplier: gradientMultiplier,
        lowPrecisionCopy: lowPrecisionCopy))
  }

  /// The elements of a range, as `FlatUpdate` wants them.
  func states(from start: Int, length: Int) throws -> [Tensor] {
    try states.map { try $0.narrow(dim: 0, start: start, length: length) }
  }
}
