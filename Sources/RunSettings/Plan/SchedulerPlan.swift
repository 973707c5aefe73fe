/// The learning-rate schedule and its numbers.
public enum SchedulerPlan: Sendable, Equatable {
  /// A rising rate that finds the largest usable one.
  case rangeTest(RangeTestOptions)
  /// One rise, one fall, then decay.
  case oneCycle(OneCycleOptions)
  /// A rise, then constant.
  case warmup(WarmupOptions)
  /// A rise, then a straight line to zero at `totalSteps`.
  case warmupDecay(WarmupOptions, totalSteps: Int)
  /// A rise, then half a cosine.
  case warmupCosine(WarmupCosineOptions)
}

/// Numbers of LRRangeTest.
public struct RangeTestOptions: Sendable, Equatable {
  /// Rate at the start.
  public let minimumRate: PerGroup
  /// Steps in which the rate grows by `stepRate` times its start.
  public let stepSize: Int
  /// Growth of the rate.
  public let stepRate: Double
  /// Whether the rate grows in stairs.
  public let isStaircase: Bool
  /// Step before the first one, -1 at the start of a run.
  public let lastStep: Int
}

/// Numbers of OneCycle.
public struct OneCycleOptions: Sendable, Equatable {
  /// Rate at both ends of the cycle.
  public let minimumRate: PerGroup
  /// Rate at the top of the cycle.
  public let maximumRate: PerGroup
  /// Decay of the rate after the cycle.
  public let decayRate: Double
  /// Steps of the rise.
  public let firstStepSize: Int
  /// Steps of the fall.
  public let secondStepSize: Int
  /// Stairs of the rise; 0 makes it smooth.
  public let firstStairCount: Int
  /// Stairs of the fall; 0 makes it smooth.
  public let secondStairCount: Int
  /// Steps of one unit of decay after the cycle; 0 decays nothing.
  public let decayStepSize: Int
  /// Whether momentum moves against the rate.
  public let cyclesMomentum: Bool
  /// Momentum where the rate is highest.
  public let minimumMomentum: PerGroup
  /// Momentum where the rate is lowest.
  public let maximumMomentum: PerGroup
  /// Growth of the momentum after the cycle.
  public let decayMomentumRate: Double
  /// Step before the first one, -1 at the start of a run.
  public let lastStep: Int
}

/// Numbers of WarmupLR and of the rise of WarmupDecayLR.
public struct WarmupOptions: Sendable, Equatable {
  /// Rate at the first step.
  public let minimumRate: PerGroup
  /// Rate after warm-up; nil means each parameter group's own.
  public let maximumRate: PerGroup?
  /// Steps of the rise, as written; the schedule counts 1 as 2.
  public let warmupSteps: Int
  /// Shape of the rise.
  public let shape: WarmupShape
  /// Step before the first one, -1 at the start of a run.
  public let lastStep: Int
}

/// Numbers of WarmupCosineLR.
public struct WarmupCosineOptions: Sendable, Equatable {
  /// Step at which the rate reaches its end.
  public let totalSteps: Int
  /// Share of the learning rate at the first step.
  public let warmupMinimumRatio: Double
  /// Steps of the rise, as written; the schedule counts 1 as 2.
  public let warmupSteps: Int
  /// Share of the learning rate at the end.
  public let cosineMinimumRatio: Double
  /// Shape of the rise.
  public let shape: WarmupShape
  /// Step before the first one, -1 at the start of a run.
  public let lastStep: Int
}

extension SchedulerPlan {
  /// The schedule of the resolved settings; nil when the configuration names none or lacks a required number.
  init?(_ settings: Settings<SchedulerKeys>) {
    switch settings.type {
    case .rangeTest: self = .rangeTest(RangeTestOptions(settings[\.parameters, as: RangeTestKeys.self]))
    case .oneCycle:
      guard let options = OneCycleOptions(settings[\.parameters, as: OneCycleKeys.self]) else { return nil }
      self = .oneCycle(options)
    case .warmup: self = .warmup(WarmupOptions(settings[\.parameters, as: WarmupKeys.self]))
    case .warmupDecay:
      let keys = settings[\.parameters, as: WarmupDecayKeys.self]
      guard let total = keys.totalSteps else { return nil }
      self = .warmupDecay(WarmupOptions(keys), totalSteps: total)
    case .warmupCosine:
      guard let options = WarmupCosineOptions(settings[\.parameters, as: WarmupCosineKeys.self]) else {
        return nil
      }
      self = .warmupCosine(options)
    case nil: return nil
    }
  }
}

extension RangeTestOptions {
  init(_ keys: Settings<RangeTestKeys>) {
    minimumRate = keys.minimumRate
    stepSize = keys.stepSize
    stepRate = keys.stepRate
    isStaircase = keys.isStaircase
    lastStep = keys.lastStep
  }
}

extension OneCycleOptions {
  init?(_ keys: Settings<OneCycleKeys>) {
    guard let minimumRate = keys.minimumRate, let maximumRate = keys.maximumRate else { return nil }
    self.minimumRate = minimumRate
    self.maximumRate = maximumRate
    decayRate = keys.decayRate
    firstStepSize = keys.firstStepSize
    secondStepSize = keys.secondStepSize ?? keys.firstStepSize
    firstStairCount = keys.firstStairCount
    secondStairCount = keys.secondStairCount ?? keys.firstStairCount
    decayStepSize = keys.decayStepSize
    cyclesMomentum = keys.cyclesMomentum
    minimumMomentum = keys.minimumMomentum
    maximumMomentum = keys.maximumMomentum
    decayMomentumRate = keys.decayMomentumRate
    lastStep = keys.lastStep
  }
}

extension WarmupOptions {
  init(_ keys: Settings<WarmupKeys>) {
    minimumRate = keys.minimumRate
    maximumRate = keys.maximumRate
    warmupSteps = keys.warmupSteps
    shape = keys.shape
    lastStep = keys.lastStep
  }

  init(_ keys: Settings<WarmupDecayKeys>) {
    minimumRate = keys.minimumRate
    maximumRate = keys.maximumRate
    warmupSteps = keys.warmupSteps
    shape = keys.shape
    lastStep = keys.lastStep
  }
}

extension WarmupCosineOptions {
  init?(_ keys: Settings<WarmupCosineKeys>) {
    guard let totalSteps = keys.totalSteps else { return nil }
    self.totalSteps = totalSteps
    warmupMinimumRatio = keys.warmupMinimumRatio
    warmupSteps = keys.warmupSteps
    cosineMinimumRatio = keys.cosineMinimumRatio
    shape = keys.shape
    lastStep = keys.lastStep
  }
}
