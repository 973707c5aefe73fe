/// Updates run on a thread of their own beside the next forward and backward pass, whose weights are therefore one
/// update older (ZeRO-Offload's delayed parameter update, arXiv 2101.06840, section 5.2).
///
/// The first steps update at once: gradients change fast then. After them a step first publishes the weights of the
/// last one and then hands its own gradients over.
final class UpdateDelayed: UpdateSchedule {
  private let parts: StepParts
  private let worker: UpdateWorker
  private let warmUpSteps: Int
  private let immediate: UpdateAfterNorm
  /// What the update under way reads; nil when all steps' weights are published.
  private var gradients: ReducedSlices?
  private var peakGradientByteCount = 0

  init(_ parts: StepParts, worker: UpdateWorker, warmUpSteps: Int) {
    self.parts = parts
    self.worker = worker
    self.warmUpSteps = warmUpSteps
    immediate = UpdateAfterNorm(parts)
  }

  var byteCount: Int { parts.groups.reduce(peakGradientByteCount) { $0 + $1.flat.peakStagedByteCount } }

  func beginBackward(before step: ZeROOptimizer.StepInputs?) {}

  func step(_ inputs: ZeROOptimizer.StepInputs) throws -> ZeROOptimizer.StepOutcome {
    if gradients == nil && parts.stepCount < warmUpSteps { return try immediate.step(inputs) }
    var times = ZeROOptimizer.StepTimes()
    let (norm, overflow) = try parts.checkedNorm(inputs, &times)
    let start = ContinuousClock.now
    try waitForUpdates()
    let updateEnd = ContinuousClock.now
    times.update = updateEnd - start
    try publish()
    times.gather = .now - updateEnd
    if let overflow { return parts.skip(overflow, norm: norm, times) }
    try parts.beginStep(inputs)
    try handOver(multiplier: parts.multiplier(norm: norm, inputs))
    return ZeROOptimizer.StepOutcome(gradientNorm: norm, overflow: nil, times: times)
  }

  private func handOver(multiplier: Double) throws {
    let slices = try parts.reducer.takeSlices()
    peakGradientByteCount = max(peakGradientByteCount, slices.byteCount)
    gradients = slices
    let updates = StagedUpdates(parts.groups, multiplier: multiplier)
    // A job for each bucket, so that a run that fails need not wait for all of them.
    for (index, group) in parts.groups.enumerated() {
      for bucket in group.flat.layout.buckets.indices {
        try worker.start {
          guard let gradient = try slices.values(group: index, bucket: bucket) else { return }
          try updates.update(group: index, bucket: bucket, gradient: gradient)
        }
      }
    }
    try worker.start { try updates.end() }
  }

  func waitForUpdates() throws { try worker.wait() }

  func settle() throws {
    guard gradients != nil else { return }
    try waitForUpdates()
    // Ranks that read each other's weights have left the passes that did.
    try parts.barrier()
    try publish()
  }

  /// Makes the update's weights those of all ranks.
  private func publish() throws {
    try parts.publishStaged()
    if let gradients { parts.reducer.reuse(gradients) }
    gradients = nil
  }

  func discardGradients() { parts.reducer.clear() }

  func close() { worker.close() }
}
