/// Keys of `scheduler`: how the learning rate moves.
public struct SchedulerKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Name of the schedule; null keeps the learning rate, or leaves it to the program.
  public let type = Key<SchedulerType?>("type", nil)
  /// Parameters of the schedule, by its type.
  public let parameters = Variant<SchedulerType>("params", chosenBy: "type")
}

/// The learning-rate schedules by their names in the configuration.
public enum SchedulerType: String, VariantChoice {
  /// A rising rate that finds the largest usable one.
  case rangeTest = "LRRangeTest"
  /// One rise, one fall, then decay, with momentum against the rate.
  case oneCycle = "OneCycle"
  /// A rise, then constant.
  case warmup = "WarmupLR"
  /// A rise, then a straight line to zero.
  case warmupDecay = "WarmupDecayLR"
  /// A rise, then half a cosine.
  case warmupCosine = "WarmupCosineLR"

  /// The keys of the schedule's `params`.
  public var section: any Section.Type {
    switch self {
    case .rangeTest: RangeTestKeys.self
    case .oneCycle: OneCycleKeys.self
    case .warmup: WarmupKeys.self
    case .warmupDecay: WarmupDecayKeys.self
    case .warmupCosine: WarmupCosineKeys.self
    }
  }
}

/// How the rate rises during warm-up.
public enum WarmupShape: String, SettingChoice {
  /// With the logarithm of the step.
  case log
  /// With the step.
  case linear
}

/// Keys of `scheduler.params` for LRRangeTest.
public struct RangeTestKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Rate at the start.
  public let minimumRate = Key("lr_range_test_min_lr", PerGroup.same(1e-3), .atLeast(0))
  /// Steps in which the rate grows by `lr_range_test_step_rate` times its start.
  public let stepSize = Key("lr_range_test_step_size", 2000, .atLeast(1))
  /// Growth of the rate.
  public let stepRate = Key("lr_range_test_step_rate", 1.0)
  /// Whether the rate grows in stairs.
  public let isStaircase = Key("lr_range_test_staircase", false)
  /// Step before the first one.
  public let lastStep = Key("last_batch_iteration", -1, .atLeast(-1))
}

/// Keys of `scheduler.params` for OneCycle.
public struct OneCycleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Rate at both ends of the cycle; must be given.
  public let minimumRate = Key<PerGroup?>("cycle_min_lr", nil, .atLeast(0))
  /// Rate at the top of the cycle; must be given.
  public let maximumRate = Key<PerGroup?>("cycle_max_lr", nil, .atLeast(0))
  /// Decay of the rate after the cycle.
  public let decayRate = Key("decay_lr_rate", 0.0, .atLeast(0))
  /// Steps of the rise.
  public let firstStepSize = Key("cycle_first_step_size", 2000, .atLeast(1))
  /// Steps of the fall; null means as many as the rise.
  public let secondStepSize = Key<Int?>("cycle_second_step_size", nil, .atLeast(0))
  /// Stairs of the rise; 0 makes it smooth.
  public let firstStairCount = Key("cycle_first_stair_count", 0, .atLeast(0))
  /// Stairs of the fall; null means as many as in the rise.
  public let secondStairCount = Key<Int?>("cycle_second_stair_count", nil, .atLeast(0))
  /// Steps of one unit of decay after the cycle; 0 decays nothing.
  public let decayStepSize = Key("decay_step_size", 0, .atLeast(0))
  /// Whether momentum moves against the rate.
  public let cyclesMomentum = Key("cycle_momentum", true)
  /// Momentum where the rate is highest.
  public let minimumMomentum = Key("cycle_min_mom", PerGroup.same(0.8), .between(0, 1))
  /// Momentum where the rate is lowest.
  public let maximumMomentum = Key("cycle_max_mom", PerGroup.same(0.9), .between(0, 1))
  /// Growth of the momentum after the cycle.
  public let decayMomentumRate = Key("decay_mom_rate", 0.0, .atLeast(0))
  /// Step before the first one.
  public let lastStep = Key("last_batch_iteration", -1, .atLeast(-1))
}

/// Keys of `scheduler.params` for WarmupLR.
public struct WarmupKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Rate at the first step.
  public let minimumRate = Key("warmup_min_lr", PerGroup.same(0), .atLeast(0))
  /// Rate after warm-up; null means each parameter group's own.
  public let maximumRate = Key<PerGroup?>("warmup_max_lr", nil, .atLeast(0))
  /// Steps of the rise; 1 counts as 2.
  public let warmupSteps = Key("warmup_num_steps", 1000, .atLeast(1))
  /// Shape of the rise.
  public let shape = Key("warmup_type", WarmupShape.log)
  /// Step before the first one.
  public let lastStep = Key("last_batch_iteration", -1, .atLeast(-1))
}

/// Keys of `scheduler.params` for WarmupDecayLR.
public struct WarmupDecayKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Step at which the rate reaches zero; must be given.
  public let totalSteps = Key<Int?>("total_num_steps", nil, .atLeast(1))
  /// Rate at the first step.
  public let minimumRate = Key("warmup_min_lr", PerGroup.same(0), .atLeast(0))
  /// Rate after warm-up.
  public let maximumRate = Key("warmup_max_lr", PerGroup.same(1e-3), .atLeast(0))
  /// Steps of the rise; 1 counts as 2.
  public let warmupSteps = Key("warmup_num_steps", 1000, .atLeast(1))
  /// Shape of the rise.
  public let shape = Key("warmup_type", WarmupShape.log)
  /// Step before the first one.
  public let lastStep = Key("last_batch_iteration", -1, .atLeast(-1))
}

/// Keys of `scheduler.params` for WarmupCosineLR.
public struct WarmupCosineKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Step at which the rate reaches its end; must be given.
  public let totalSteps = Key<Int?>("total_num_steps", nil, .atLeast(1))
  /// Share of the learning rate at the first step.
  public let warmupMinimumRatio = Key("warmup_min_ratio", 0.0, .between(0, 1))
  /// Steps of the rise; 1 counts as 2.
  public let warmupSteps = Key("warmup_num_steps", 1000, .atLeast(1))
  /// Share of the learning rate at the end.
  public let cosineMinimumRatio = Key("cos_min_ratio", 1e-4, .between(0, 1))
  /// Shape of the rise.
  public let shape = Key("warmup_type", WarmupShape.log)
  /// Step before the first one.
  public let lastStep = Key("last_batch_iteration", -1, .atLeast(-1))
}
