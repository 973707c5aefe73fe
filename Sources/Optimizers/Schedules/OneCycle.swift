import Glibc

/// A learning rate that rises, falls and then decays, with Adam's first beta moving the other way.
///
/// Let `x` be the position in the cycle and `r` the share of its rise: the scale is `x / r` up to `r` and `(x
/// - 1) / (r - 1)` after, rounded down to a stair where stairs are set. The rate is `minimum + (maximum -
/// minimum) * scale`, beta1 `maximumMomentum - (maximumMomentum - minimumMomentum) * scale`, and beta2 is
/// 0.99. After the cycle, with `k` steps since its end, the rate is `minimum / (1 + rateDecay * k /
/// decaySize)` and beta1 `maximumMomentum * (1 + momentumDecay * k / decaySize)`.
///
/// At step 0 the rate and beta1 are their minimum, as in DeepSpeed, although by the formula beta1 would be at
/// its maximum there. Source: Smith 2018 (arXiv 1803.09820), section 4; names and numbers of DeepSpeed's
/// `OneCycle`.
public struct OneCycle: LearningRateSchedule, Equatable {
  /// Stairs of the rising half, which the falling half shares unless `fallStairs` is set.
  public var riseStairs: Int
  /// `cycle_second_stair_count`.
  public var fallStairs: Int?
  /// Steps of the rise. `cycle_first_step_size`.
  public var riseSize: Int
  /// Steps of the fall, by default those of the rise; 0: the cycle ends at its top. `cycle_second_step_size`.
  public var fallSize: Int?
  /// `cycle_min_lr`.
  public var minimum: PerGroup
  /// `cycle_max_lr`.
  public var maximum: PerGroup
  /// `decay_lr_rate`.
  public var rateDecay: Double
  /// Steps of one unit of decay; 0: none. `decay_step_size`.
  public var decaySize: Int
  /// Whether beta1 moves. `cycle_momentum`.
  public var cyclesMomentum: Bool
  /// `cycle_min_mom`.
  public var minimumMomentum: PerGroup
  /// `cycle_max_mom`.
  public var maximumMomentum: PerGroup
  /// `decay_mom_rate`.
  public var momentumDecay: Double

  /// DeepSpeed's defaults.
  public init(
    minimum: PerGroup, maximum: PerGroup, riseSize: Int = 2000, fallSize: Int? = nil, riseStairs: Int = 0,
    fallStairs: Int? = nil, rateDecay: Double = 0, decaySize: Int = 0, cyclesMomentum: Bool = true,
    minimumMomentum: PerGroup = 0.8, maximumMomentum: PerGroup = 0.9, momentumDecay: Double = 0
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.riseSize = riseSize
    self.fallSize = fallSize
    self.riseStairs = riseStairs
    self.fallStairs = fallStairs
    self.rateDecay = rateDecay
    self.decaySize = decaySize
    self.cyclesMomentum = cyclesMomentum
    self.minimumMomentum = minimumMomentum
    self.maximumMomentum = maximumMomentum
    self.momentumDecay = momentumDecay
  }

  enum CodingKeys: String, CodingKey {
    case minimum = "cycle_min_lr"
    case maximum = "cycle_max_lr"
    case riseSize = "cycle_first_step_size"
    case fallSize = "cycle_second_step_size"
    case riseStairs = "cycle_first_stair_count"
    case fallStairs = "cycle_second_stair_count"
    case rateDecay = "decay_lr_rate"
    case decaySize = "decay_step_size"
    case cyclesMomentum = "cycle_momentum"
    case minimumMomentum = "cycle_min_mom"
    case maximumMomentum = "cycle_max_mom"
    case momentumDecay = "decay_mom_rate"
  }

  private var totalSize: Int { riseSize + (fallSize ?? riseSize) }

  /// The height in the cycle, from 0 to 1.
  private func scale(step: Int) -> Double {
    let total = totalSize
    let position = step % total
    if position <= riseSize {
      return stepped(Double(position) / Double(riseSize), stairs: riseStairs)
    }
    return stepped(Double(total - position) / Double(total - riseSize), stairs: fallStairs ?? riseStairs)
  }

  private func stepped(_ scale: Double, stairs: Int) -> Double {
    stairs == 0 ? scale : floor(scale * Double(stairs)) / Double(stairs)
  }

  /// Units of decay since the end of the cycle.
  private func decayUnits(step: Int) -> Double {
    decaySize == 0 ? 0 : Double(step - totalSize) / Double(decaySize)
  }

  /// Up, down and then decaying rates of each group; `initial` gives only the number of groups.
  public func rates(step: Int, initial: [Double]) -> [Double] {
    if step > totalSize {
      return initial.indices.map { minimum[$0] / (1 + rateDecay * decayUnits(step: step)) }
    }
    let scale = scale(step: step)
    return initial.indices.map { minimum[$0] + (maximum[$0] - minimum[$0]) * scale }
  }

  /// Each group's first beta, which moves against the rate, and 0.99 for the second, as DeepSpeed has it; nil
  /// where the momentum is not cycled.
  public func momenta(step: Int, groupCount: Int) -> [CycledMomentum]? {
    guard cyclesMomentum else { return nil }
    return (0..<groupCount).map { CycledMomentum(beta1: beta1(step: step, group: $0), beta2: 0.99) }
  }

  private func beta1(step: Int, group: Int) -> Double {
    let (low, high) = (minimumMomentum[group], maximumMomentum[group])
    if step == 0 { return low }
    if step > totalSize { return high * (1 + momentumDecay * decayUnits(step: step)) }
    return high - (high - low) * scale(step: step)
  }

  /// Checks that each list fits `groupCount` groups, the rise takes a step at least, and nothing is negative.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config and what it must be.
  public func validate(groupCount: Int) throws(OptimizerError) {
    try minimum.check(CodingKeys.minimum.rawValue, groupCount: groupCount)
    try maximum.check(CodingKeys.maximum.rawValue, groupCount: groupCount)
    try minimumMomentum.check(CodingKeys.minimumMomentum.rawValue, groupCount: groupCount)
    try maximumMomentum.check(CodingKeys.maximumMomentum.rawValue, groupCount: groupCount)
    try OptimizerError.check(CodingKeys.riseSize.rawValue, riseSize, atLeast: 1)
    try OptimizerError.check(CodingKeys.fallSize.rawValue, fallSize ?? riseSize, atLeast: 0)
    try OptimizerError.check(CodingKeys.riseStairs.rawValue, riseStairs, atLeast: 0)
    try OptimizerError.check(CodingKeys.fallStairs.rawValue, fallStairs ?? 0, atLeast: 0)
    try OptimizerError.check(CodingKeys.decaySize.rawValue, decaySize, atLeast: 0)
    for (key, value) in [(CodingKeys.rateDecay, rateDecay), (.momentumDecay, momentumDecay)] {
      try OptimizerError.check(key.rawValue, value, "a finite number of at least 0") { $0 >= 0 }
    }
  }
}
