/// A learning rate that rises from `minimum` to `maximum` and stays there.
///
/// At steps 0 and 1 it is `minimum`. Names and numbers of DeepSpeed's `WarmupLR`; the logarithmic shape is
/// that of Goyal et al. 2017 (arXiv 1706.02677) taken gradually.
public struct WarmupLR: LearningRateSchedule, Equatable {
  /// `warmup_min_lr`.
  public var minimum: PerGroup
  /// nil: each group's rate in the optimizer's own options. `warmup_max_lr`.
  public var maximum: PerGroup?
  /// `warmup_num_steps`; fewer than 2 count as 2.
  public var stepCount: Int
  /// `warmup_type`.
  public var shape: WarmupShape

  /// DeepSpeed's defaults.
  public init(
    minimum: PerGroup = 0.0, maximum: PerGroup? = nil, stepCount: Int = 1000, shape: WarmupShape = .log
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.stepCount = stepCount
    self.shape = shape
  }

  enum CodingKeys: String, CodingKey {
    case minimum = "warmup_min_lr"
    case maximum = "warmup_max_lr"
    case stepCount = "warmup_num_steps"
    case shape = "warmup_type"
  }

  /// Each group's way from `minimum` to `maximum`, or to its own rate in `initial` where `maximum` is nil.
  public func rates(step: Int, initial: [Double]) -> [Double] {
    rates(share: WarmupRamp(stepCount: stepCount, shape: shape).share(step: step), initial: initial)
  }

  /// The rates at a share of the way from the minimum to the maximum.
  func rates(share: Double, initial: [Double]) -> [Double] {
    initial.indices.map { group in
      let low = minimum[group]
      return low + ((maximum?[group] ?? initial[group]) - low) * share
    }
  }

  /// Checks that each list fits `groupCount` groups and the number of steps is at least 1.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config and what it must be.
  public func validate(groupCount: Int) throws(OptimizerError) {
    try minimum.check(CodingKeys.minimum.rawValue, groupCount: groupCount)
    try maximum?.check(CodingKeys.maximum.rawValue, groupCount: groupCount)
    try OptimizerError.check(CodingKeys.stepCount.rawValue, stepCount, atLeast: 1)
  }
}
