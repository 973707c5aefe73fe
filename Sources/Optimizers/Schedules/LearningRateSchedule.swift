/// Learning rates, and for some schedules momenta, as a pure function of the steps already made.
///
/// `step` counts the optimizer steps that were applied: 0 gives the values of the very first step, and a
/// skipped (overflowed) step does not move it. DeepSpeed's schedulers count from -1 and set the values of
/// step `s` by their `s`-th call of `step()`; the numbers are the same. A schedule has no state: a run that
/// resumes at any step continues with the very numbers of an uninterrupted one.
public protocol LearningRateSchedule: Codable, Sendable {
  /// The learning rate of each group at a step.
  ///
  /// - Parameters:
  ///   - step: optimizer steps applied before, 0 or more.
  ///   - initial: the learning rate of each group in the optimizer's own options.
  func rates(step: Int, initial: [Double]) -> [Double]

  /// The betas of each group at a step; nil when the schedule leaves them alone.
  func momenta(step: Int, groupCount: Int) -> [CycledMomentum]?

  /// Throws when the options make no sense or do not fit the number of groups.
  ///
  /// - Throws: `OptimizerError.option` with the option's name in the config.
  func validate(groupCount: Int) throws(OptimizerError)
}

/// The momenta that a schedule sets.
public struct CycledMomentum: Sendable, Equatable {
  /// The first beta of Adam.
  public var beta1: Double
  /// The second beta of Adam.
  public var beta2: Double
}

extension LearningRateSchedule {
  /// No schedule but `OneCycle` moves momenta.
  public func momenta(step: Int, groupCount: Int) -> [CycledMomentum]? { nil }
}

/// The learning rates of the optimizer's own options, at every step.
public struct ConstantLR: LearningRateSchedule, Equatable {
  /// The schedule of a config without a `scheduler` section.
  public init() {}

  /// Hands back `initial`.
  public func rates(step: Int, initial: [Double]) -> [Double] { initial }

  /// Accepts any number of groups: there is no option that could be wrong.
  public func validate(groupCount: Int) throws(OptimizerError) {}
}
