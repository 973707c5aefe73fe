/// A learning rate that rises as `WarmupLR` and then falls linearly to `minimum` at `totalStepCount`.
///
/// After the warm-up of `n` steps the share of the way up is `max(0, (T - i) / max(1, T - n))`, with `T` the
/// total and `i = step - 1`. At steps 0 and 1 the rate is `minimum`. Names and numbers of DeepSpeed's
/// `WarmupDecayLR`.
public struct WarmupDecayLR: LearningRateSchedule, Equatable {
  /// Steps until the rate is back at its minimum. `total_num_steps`.
  public var totalStepCount: Int
  /// `warmup_min_lr`.
  public var minimum: PerGroup
  /// `warmup_max_lr`.
  public var maximum: PerGroup
  /// `warmup_num_steps`; fewer than 2 count as 2.
  public var stepCount: Int
  /// `warmup_type`.
  public var shape: WarmupShape

  /// DeepSpeed's defaults.
  public init(
    totalStepCount: Int, minimum: PerGroup = 0.0, maximum: PerGroup = 1e-3, stepCount: Int = 1000,
    shape: WarmupShape = .log
  ) {
    self.totalStepCount = totalStepCount
    self.minimum = minimum
    self.maximum = maximum
    self.stepCount = stepCount
    self.shape = shape
  }

  enum CodingKeys: String, CodingKey {
    case totalStepCount = "total_num_steps"
    case minimum = "warmup_min_lr"
    case maximum = "warmup_max_lr"
    case stepCount = "warmup_num_steps"
    case shape = "warmup_type"
  }

  private var warmup: WarmupLR {
    WarmupLR(minimum: minimum, maximum: maximum, stepCount: stepCount, shape: shape)
  }

  /// Each group's way from `minimum` to `maximum` and back; `initial` gives only the number of groups.
  public func rates(step: Int, initial: [Double]) -> [Double] {
    warmup.rates(share: share(step: step), initial: initial)
  }

  private func share(step: Int) -> Double {
    let ramp = WarmupRamp(stepCount: stepCount, shape: shape)
    if step - 1 < ramp.stepCount { return ramp.share(step: step) }
    return max(0, Double(totalStepCount - (step - 1)) / Double(max(1, totalStepCount - ramp.stepCount)))
  }

  /// Checks that each list fits `groupCount` groups and both numbers of steps are at least 1.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config and what it must be.
  public func validate(groupCount: Int) throws(OptimizerError) {
    try warmup.validate(groupCount: groupCount)
    try OptimizerError.check(CodingKeys.totalStepCount.rawValue, totalStepCount, atLeast: 1)
  }
}
