import Collectives
import Optimizers
import Torch

/// What every step is made of, whenever its parts run: the norm, the rules' step, the gathering of new values.
final class StepParts {
  let groups: [PartitionedGroup]
  let reducer: GradientReducer
  let gatherer: ParameterGatherer?
  let settings: ZeROSettings
  let rules: [any OptimizerRule]
  private let ranks: ProcessGroup

  /// - Parameters:
  ///   - groups: of which several may share a rule.
  ///   - rules: each once, in the order of learning rates.
  init(
    groups: [PartitionedGroup], rules: [any OptimizerRule], reducer: GradientReducer, gatherer: ParameterGatherer?,
    ranks: ProcessGroup, settings: ZeROSettings
  ) {
    self.groups = groups
    self.rules = rules
    self.reducer = reducer
    self.gatherer = gatherer
    self.ranks = ranks
    self.settings = settings
  }

  /// The norm of the gradients that the reducer keeps.
  func reducedNorm() throws -> GradientNorm {
    try norm(
      groups.indices.map { group in
        try groups[group].flat.layout.buckets.indices.map { try reducer.squares(group: group, bucket: $0) }
      })
  }

  /// The norm of gradients whose squares are known, by groups and buckets.
  func norm(_ squares: [[GradientSquares?]]) throws -> GradientNorm {
    try GradientNorm(squares, layouts: groups.map(\.flat.layout), ranks: ranks)
  }

  /// The norm of the gradient itself, without the loss scale.
  func unscaled(_ norm: GradientNorm, _ inputs: ZeROOptimizer.StepInputs) -> Double {
    norm.sumOfSquares.squareRoot() * reducer.gradientMultiplier / inputs.lossScale
  }

  /// The unscaled norm of the gradients that the reducer keeps, and where they are not finite if that is checked.
  ///
  /// - Parameter times: is told what it took.
  func checkedNorm(
    _ inputs: ZeROOptimizer.StepInputs, _ times: inout ZeROOptimizer.StepTimes
  ) throws -> (norm: Double, overflow: ZeROOptimizer.Overflow?) {
    let start = ContinuousClock.now
    let found = try reducedNorm()
    times.gradientNorm = .now - start
    return (unscaled(found, inputs), settings.checksOverflow ? found.overflow : nil)
  }

  /// What reduced gradients are multiplied with where they are read.
  ///
  /// - Parameter norm: the unscaled norm.
  func multiplier(norm: Double, _ inputs: ZeROOptimizer.StepInputs) -> Double {
    reducer.gradientMultiplier * settings.clipping.multiplier(norm: norm, lossScale: inputs.lossScale)
  }

  /// Sets the rules up for the updates of a step.
  func beginStep(_ inputs: ZeROOptimizer.StepInputs) throws { try beginStep(inputs, of: rules) }

  /// Sets up other rules, one for each of ``rules``.
  func beginStep(_ inputs: ZeROOptimizer.StepInputs, of rules: [any OptimizerRule]) throws {
    for (index, rule) in rules.enumerated() {
      rule.learningRate = inputs.learningRates[index]
      if let momenta = inputs.momenta { rule.setMomentum(momenta[index]) }
      try rule.beginStep()
    }
  }

  /// Takes back the updates of the step that was begun last, on this rank.
  func revokeStep() throws {
    for group in groups {
      try group.states.revoke()
      try group.flat.discardStaged()
    }
    for rule in rules { rule.step -= 1 }
  }

  /// Makes staged values those of all ranks, which all call this; no rank reads the old ones any more.
  func publishStaged() throws {
    try gatherer?.willChangeValues()
    for group in groups {
      for bucket in group.flat.layout.buckets.indices { try group.flat.publishStaged(bucket) }
    }
    try gatherUpdated()
  }

  /// Brings this rank's new values of all buckets to the others; every rank calls it.
  func gatherUpdated() throws {
    let gathers = try groups.flatMap { group in
      try group.flat.layout.buckets.indices.compactMap { try group.flat.gatherUpdated($0) }
    }
    for work in gathers { try work.wait() }
    try gatherer?.publish()
  }

  /// The sums of numbers over all ranks, which all call this.
  func sums(_ numbers: [Double], label: String) throws -> [Double] {
    guard ranks.size > 1, !numbers.isEmpty else { return numbers }
    let total = try Tensor(numbers)
    try ranks.allReduce(total, op: .sum, label: label).wait()
    return try total.array(of: Double.self)
  }

  /// Returns when all ranks have come here.
  func barrier() throws { try ranks.barrier(label: "all updates are published") }

  /// Steps made so far, those that were skipped left out.
  var stepCount: Int { rules.first?.step ?? 0 }

  /// Skips a step: forgets gradients that are not finite, and what their quantisation has lost.
  func skip(
    _ overflow: ZeROOptimizer.Overflow, norm: Double, _ times: ZeROOptimizer.StepTimes
  ) -> ZeROOptimizer.StepOutcome {
    reducer.clear()
    reducer.forgetErrors()
    return ZeROOptimizer.StepOutcome(gradientNorm: norm, overflow: overflow, times: times)
  }
}
