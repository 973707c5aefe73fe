import Optimizers
import Torch

/// Updates begin while backward goes on: each slice of the gradient is handed to a thread of its own as soon as it is
/// reduced, and the step only waits for the rest and publishes (SuperOffload's speculative step). New working values
/// stay beside the old ones until then, because backward still reads these, on this rank and on others.
///
/// Updates run as if gradients were finite and not clipped. Where the step finds otherwise they are taken back, bit by
/// bit, and where gradients are clipped they run again with the gradients, which are kept for it.
final class UpdateDuringBackward: UpdateSchedule {
  private let parts: StepParts
  private let worker: UpdateWorker
  /// Bytes of slices that may wait for the worker.
  private let queueLimit: Int
  private let immediate: UpdateAfterNorm
  /// The updates begun since the last step.
  private var pass: Pass?

  /// The updates of one step. The worker's, once the backward pass has begun.
  private final class Pass {
    let updates: StagedUpdates
    /// What gradients are multiplied with where they are not clipped.
    let multiplier: Double
    private(set) var squares: [[GradientSquares?]]
    private let checksOverflow: Bool
    /// No gradient was found that makes the updates void.
    private var isValid = true

    init(_ parts: StepParts, step: ZeROOptimizer.StepInputs) {
      multiplier = parts.multiplier(norm: 0, step)
      updates = StagedUpdates(parts.groups, multiplier: multiplier)
      squares = parts.groups.map { $0.flat.layout.buckets.map { _ in nil } }
      checksOverflow = parts.settings.checksOverflow
    }

    func update(group: Int, bucket: Int, slice: Tensor) throws {
      let found = try GradientSquares(of: slice)
      squares[group][bucket] = found
      if checksOverflow, found.firstNonFinite != nil { isValid = false }
      if isValid { try updates.update(group: group, bucket: bucket, gradient: slice) }
    }
  }

  init(_ parts: StepParts, worker: UpdateWorker, queueLimit: Int) {
    self.parts = parts
    self.worker = worker
    self.queueLimit = queueLimit
    immediate = UpdateAfterNorm(parts)
  }

  var byteCount: Int { parts.groups.reduce(0) { $0 + $1.flat.peakStagedByteCount } }

  func beginBackward(before step: ZeROOptimizer.StepInputs?) throws {
    guard pass == nil else { throw UpdateError.underWay }
    guard let step else {
      parts.reducer.onFinalSlice = nil
      return
    }
    try parts.beginStep(step)
    let pass = Pass(parts, step: step)
    self.pass = pass
    parts.reducer.keepsFinalSlices = parts.settings.clips
    parts.reducer.onFinalSlice = { [worker, queueLimit] group, bucket, slice in
      try worker.start(holding: slice.byteCount, limit: queueLimit) {
        try pass.update(group: group, bucket: bucket, slice: slice)
      }
    }
    // States in files are read while the first gradients are computed.
    try worker.start { try pass.updates.enter(0) }
  }

  func step(_ inputs: ZeROOptimizer.StepInputs) throws -> ZeROOptimizer.StepOutcome {
    // Gradients that were not reduced before, inside `no_sync`, or none.
    guard let pass else { return try immediate.step(inputs) }
    var times = ZeROOptimizer.StepTimes()
    let start = ContinuousClock.now
    try end(pass)
    let updateEnd = ContinuousClock.now
    times.update = updateEnd - start
    let found = try parts.norm(pass.squares)
    let norm = parts.unscaled(found, inputs)
    let normEnd = ContinuousClock.now
    times.gradientNorm = normEnd - updateEnd
    self.pass = nil
    if parts.settings.checksOverflow, let overflow = found.overflow {
      try parts.revokeStep()
      return parts.skip(overflow, norm: norm, times)
    }
    // The same on all ranks: it depends on the norm only. One that is not finite has no factor to compare.
    let isRight = norm.isFinite && parts.multiplier(norm: norm, inputs) == pass.multiplier
    guard !parts.settings.clips || isRight else {
      try parts.revokeStep()
      return try immediate.update(inputs, norm: norm, times, isRedone: true)
    }
    for group in parts.groups { group.states.commit() }
    try parts.publishStaged()
    times.gather = .now - normEnd
    parts.reducer.clear()
    return ZeROOptimizer.StepOutcome(gradientNorm: norm, overflow: nil, times: times)
  }

  /// Waits for the worker, which ends with the last group.
  private func end(_ pass: Pass) throws {
    parts.reducer.onFinalSlice = nil
    try worker.start { try pass.updates.end() }
    try worker.wait()
  }

  func waitForUpdates() throws {
    guard pass == nil else { throw UpdateError.underWay }
  }

  func settle() throws { try waitForUpdates() }

  func discardGradients() throws {
    if let pass {
      guard parts.settings.revokesUpdates else { throw UpdateError.underWay }
      try end(pass)
      self.pass = nil
      try withoutGradients { try parts.revokeStep() }
    }
    parts.reducer.clear()
  }

  func close() {
    worker.close()
    parts.reducer.onFinalSlice = nil
    pass = nil
  }
}
