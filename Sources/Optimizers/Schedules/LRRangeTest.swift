/// A learning rate that grows from step to step, to find the largest one that still trains.
///
/// `rate = minimum * (1 + growth * s / size)`, with `s / size` rounded down where `isStaircase`. At step 0 it
/// is `minimum`. Source: Smith 2017 (arXiv 1506.01186), section 3.3; names and numbers of DeepSpeed's
/// `LRRangeTest`.
public struct LRRangeTest: LearningRateSchedule, Equatable {
  /// The first rate. `lr_range_test_min_lr`.
  public var minimum: PerGroup
  /// Steps in which the rate grows by `minimum * growth`. `lr_range_test_step_size`.
  public var size: Int
  /// `lr_range_test_step_rate`.
  public var growth: Double
  /// Whether the rate grows once every `size` steps instead of at each. `lr_range_test_staircase`.
  public var isStaircase: Bool

  /// DeepSpeed's defaults.
  public init(
    minimum: PerGroup = 1e-3, size: Int = 2000, growth: Double = 1, isStaircase: Bool = false
  ) {
    self.minimum = minimum
    self.size = size
    self.growth = growth
    self.isStaircase = isStaircase
  }

  enum CodingKeys: String, CodingKey {
    case minimum = "lr_range_test_min_lr"
    case size = "lr_range_test_step_size"
    case growth = "lr_range_test_step_rate"
    case isStaircase = "lr_range_test_staircase"
  }

  /// The formula above for each group's `minimum`; `initial` gives only the number of groups.
  public func rates(step: Int, initial: [Double]) -> [Double] {
    let whole = Double(step / size)
    let interval = isStaircase ? whole : Double(step) / Double(size)
    return initial.indices.map { minimum[$0] * (1 + growth * interval) }
  }

  /// Checks that the minimum fits `groupCount` groups, the size is at least 1 and the growth at least 0.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config and what it must be.
  public func validate(groupCount: Int) throws(OptimizerError) {
    try minimum.check(CodingKeys.minimum.rawValue, groupCount: groupCount)
    try OptimizerError.check(CodingKeys.size.rawValue, size, atLeast: 1)
    try OptimizerError.check(CodingKeys.growth.rawValue, growth, "a finite number of at least 0") { $0 >= 0 }
  }
}
