import Glibc

/// The rise from 0 to 1 that the warm-up schedules share.
///
/// With `n` the number of warm-up steps (at least 2) and `i = step - 1`, the share is `ln(i + 1) / ln(n)` or
/// `i / n` while `i < n`, and 1 after. It is 0 at step 0 and, since `i` starts at 0, also at step 1.
struct WarmupRamp {
  let stepCount: Int
  let shape: WarmupShape

  init(stepCount: Int, shape: WarmupShape) {
    self.stepCount = max(2, stepCount)
    self.shape = shape
  }

  func share(step: Int) -> Double {
    if step == 0 { return 0 }
    let index = step - 1
    if index >= stepCount { return 1 }
    switch shape {
    case .log: return log(Double(index + 1)) / log(Double(stepCount))
    case .linear: return Double(index) / Double(stepCount)
    }
  }
}

/// The course of a warm-up. `warmup_type`.
public enum WarmupShape: String, Codable, Sendable, CaseIterable {
  /// Fast at first: the logarithm of the step.
  case log
  /// By the same amount each step.
  case linear
}
