import Collectives

/// Updates in the step, when the norm of all gradients is known: what is updated already travels while the next
/// bucket is updated.
final class UpdateAfterNorm: UpdateSchedule {
  private let parts: StepParts
  let byteCount = 0

  init(_ parts: StepParts) { self.parts = parts }

  func beginBackward(before step: ZeROOptimizer.StepInputs?) {}

  func step(_ inputs: ZeROOptimizer.StepInputs) throws -> ZeROOptimizer.StepOutcome {
    var times = ZeROOptimizer.StepTimes()
    let (norm, overflow) = try parts.checkedNorm(inputs, &times)
    if let overflow { return parts.skip(overflow, norm: norm, times) }
    return try update(inputs, norm: norm, times)
  }

  /// The step from the norm on.
  ///
  /// - Parameters:
  ///   - norm: of the gradients that the reducer keeps, unscaled.
  ///   - times: what finding it took.
  ///   - isRedone: updates that were taken back run again.
  func update(
    _ inputs: ZeROOptimizer.StepInputs, norm: Double, _ times: ZeROOptimizer.StepTimes, isRedone: Bool = false
  ) throws -> ZeROOptimizer.StepOutcome {
    var times = times
    let start = ContinuousClock.now
    let multiplier = parts.multiplier(norm: norm, inputs)
    try parts.gatherer?.willChangeValues()
    try parts.beginStep(inputs)
    var gathers: [Work] = []
    for (index, group) in parts.groups.enumerated() {
      try group.beginUpdates()
      for bucket in group.flat.layout.buckets.indices {
        guard let gradient = try parts.reducer.gradient(group: index, bucket: bucket) else { continue }
        try group.update(bucket: bucket, gradient: gradient, multiplier: multiplier)
        if let gather = try group.flat.gatherUpdated(bucket) { gathers.append(gather) }
      }
      try group.states.endUpdates()
      group.states.commit()
    }
    let updateEnd = ContinuousClock.now
    times.update += updateEnd - start
    for work in gathers { try work.wait() }
    try parts.gatherer?.publish()
    times.gather = .now - updateEnd
    parts.reducer.clear()
    return ZeROOptimizer.StepOutcome(gradientNorm: norm, overflow: nil, isRedone: isRedone, times: times)
  }

  func waitForUpdates() {}

  func settle() {}

  func discardGradients() { parts.reducer.clear() }

  func close() {}
}
