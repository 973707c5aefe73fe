import Glibc

/// A learning rate that rises from a share of its full value and then falls along half a cosine.
///
/// With `T` the total, `n` the warm-up and `i = step - 1`, the rate is each group's own rate times
/// `minimumRatio + (1 - minimumRatio) * ramp` in the warm-up, and times
/// `floor + (1 - floor) * (1 + cos(pi * min(1, (i - n + 1) / max(1, T - n)))) / 2` after. At step 0 it is 0.
/// Source: Loshchilov and Hutter 2017 (arXiv 1608.03983), equation 5 without restarts; names and numbers of
/// DeepSpeed's `WarmupCosineLR`.
public struct WarmupCosineLR: LearningRateSchedule, Equatable {
  /// Steps until the rate is at its floor. `total_num_steps`.
  public var totalStepCount: Int
  /// The share of the rate at which the warm-up starts. `warmup_min_ratio`.
  public var minimumRatio: Double
  /// `warmup_num_steps`; fewer than 2 count as 2.
  public var stepCount: Int
  /// The share of the rate at which the cosine ends. `cos_min_ratio`.
  public var floorRatio: Double
  /// `warmup_type`.
  public var shape: WarmupShape

  /// DeepSpeed's defaults.
  public init(
    totalStepCount: Int, minimumRatio: Double = 0, stepCount: Int = 1000, floorRatio: Double = 1e-4,
    shape: WarmupShape = .log
  ) {
    self.totalStepCount = totalStepCount
    self.minimumRatio = minimumRatio
    self.stepCount = stepCount
    self.floorRatio = floorRatio
    self.shape = shape
  }

  enum CodingKeys: String, CodingKey {
    case totalStepCount = "total_num_steps"
    case minimumRatio = "warmup_min_ratio"
    case stepCount = "warmup_num_steps"
    case floorRatio = "cos_min_ratio"
    case shape = "warmup_type"
  }

  /// Each group's own rate in `initial` times the ratio of the formula above.
  public func rates(step: Int, initial: [Double]) -> [Double] {
    let ratio = ratio(step: step)
    return initial.map { $0 * ratio }
  }

  private func ratio(step: Int) -> Double {
    if step == 0 { return 0 }
    let ramp = WarmupRamp(stepCount: stepCount, shape: shape)
    let afterWarmup = step - 1 - ramp.stepCount
    if afterWarmup < 0 { return minimumRatio + (1 - minimumRatio) * ramp.share(step: step) }
    let course = min(1, Double(afterWarmup + 1) / Double(max(1, totalStepCount - ramp.stepCount)))
    return floorRatio + (1 - floorRatio) * (1 + cos(.pi * course)) / 2
  }

  /// Checks that both numbers of steps are at least 1 and both ratios between 0 and 1.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config and what it must be.
  public func validate(groupCount: Int) throws(OptimizerError) {
    try OptimizerError.check(CodingKeys.totalStepCount.rawValue, totalStepCount, atLeast: 1)
    try OptimizerError.check(CodingKeys.stepCount.rawValue, stepCount, atLeast: 1)
    for (key, value) in [(CodingKeys.minimumRatio, minimumRatio), (.floorRatio, floorRatio)] {
      try OptimizerError.check(key.rawValue, value, "between 0 and 1") { (0...1).contains($0) }
    }
  }
}
