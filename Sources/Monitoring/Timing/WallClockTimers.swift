/// Named timers of the phases of training, for `wall_clock_breakdown`.
public struct WallClockTimers: Sendable {
  /// The phases, by DeepSpeed's names. Those that end in `_microstep` are of one micro-batch, the others of a
  /// whole optimizer step. Those that begin with `optimizer_` are parts of `step`: the norm of the gradient,
  /// the update of this rank's part of the weights, and what is left of the wait for the other ranks' parts.
  public enum Phase: String, Sendable, CaseIterable {
    /// Forward pass of one micro-batch.
    case forwardMicrostep = "fwd_microstep"
    /// Forward passes of all micro-batches of a step.
    case forward = "fwd"
    /// Backward pass of one micro-batch with its share of the gradients' reduction.
    case backwardMicrostep = "bwd_microstep"
    /// Backward passes of all micro-batches of a step.
    case backward = "bwd"
    /// Automatic differentiation alone, of one micro-batch.
    case backwardInnerMicrostep = "bwd_inner_microstep"
    /// Automatic differentiation alone, of all micro-batches of a step.
    case backwardInner = "bwd_inner"
    /// Waiting for the gradients' reduction after one micro-batch.
    case backwardAllReduceMicrostep = "bwd_allreduce_microstep"
    /// Waiting for the gradients' reduction in the whole of a step.
    case backwardAllReduce = "bwd_allreduce"
    /// The engine's step after one micro-batch; short except at the boundary of accumulation.
    case stepMicrostep = "step_microstep"
    /// The optimizer's update, with clipping, and the gathering of the new weights.
    case step = "step"
    /// Finding the norm of the whole gradient, with its exchange.
    case optimizerGradients = "optimizer_gradients"
    /// Updating this rank's part of the weights.
    case optimizerStep = "optimizer_step"
    /// Waiting for what is left of the other ranks' parts.
    case optimizerAllGather = "optimizer_allgather"
  }

  private struct Timer: Sendable {
    var start: ContinuousClock.Instant?
    var records: [Duration] = []
  }

  private var timers: [Phase: Timer] = [:]

  /// Timers that have measured nothing.
  public init() {}

  /// Starts a phase; a phase that runs already starts anew.
  public mutating func start(_ phase: Phase, at now: ContinuousClock.Instant = .now) {
    timers[phase, default: Timer()].start = now
  }

  /// Ends a phase; does nothing for one that does not run.
  public mutating func stop(_ phase: Phase, at now: ContinuousClock.Instant = .now) {
    guard let start = timers[phase]?.start else { return }
    timers[phase]?.start = nil
    timers[phase]?.records.append(now - start)
  }

  /// Adds a time that was measured elsewhere.
  public mutating func record(_ phase: Phase, _ time: Duration) {
    timers[phase, default: Timer()].records.append(time)
  }

  /// The time of a phase since the last ``reset()``, in milliseconds; nil when it never ended.
  public func elapsedMilliseconds(_ phase: Phase) -> Double? {
    guard let records = timers[phase]?.records, !records.isEmpty else { return nil }
    return records.reduce(.zero, +) / .milliseconds(1)
  }

  /// The mean time of a phase since the last ``reset()``, without the fastest and slowest tenth, in
  /// milliseconds; nil when it never ended.
  public func meanMilliseconds(_ phase: Phase) -> Double? {
    guard let records = timers[phase]?.records, !records.isEmpty else { return nil }
    return trimmedMean(records.map { $0 / .milliseconds(1) })
  }

  /// Forgets all measurements; running phases go on.
  public mutating func reset() {
    for phase in timers.keys { timers[phase]?.records = [] }
  }

  /// One line with every phase that was measured: `time (ms) | fwd: 12.34 | bwd: 23.45`. Phases of a
  /// micro-batch show the mean of a micro-batch, the others that of an optimizer step.
  /// - Parameter stepCount: optimizer steps since the last ``reset()``.
  public func text(stepCount: Int = 1) -> String {
    let parts = Phase.allCases.compactMap { phase -> String? in
      guard let total = elapsedMilliseconds(phase), let count = timers[phase]?.records.count else {
        return nil
      }
      let divisor = phase.rawValue.hasSuffix("_microstep") ? count : max(stepCount, 1)
      return "\(phase.rawValue): \(NumberText.fixed(total / Double(divisor), 2))"
    }
    return (["time (ms)"] + parts).joined(separator: " | ")
  }
}

/// The mean without the smallest and the largest values.
/// - Parameters:
///   - values: some numbers; none gives 0.
///   - part: the part to leave out at each end, below one half.
public func trimmedMean(_ values: [Double], leavingOut part: Double = 0.1) -> Double {
  precondition((0..<0.5).contains(part), "cannot leave out \(part) at each end")
  let sorted = values.sorted()
  let cut = Int(Double(sorted.count) * part)
  let kept = sorted[cut..<(sorted.count - cut)]
  return kept.isEmpty ? 0 : kept.reduce(0, +) / Double(kept.count)
}
