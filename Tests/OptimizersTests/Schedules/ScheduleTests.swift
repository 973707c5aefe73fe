import Testing

@testable import Optimizers

struct ScheduleTests {
  /// A schedule, what DeepSpeed sets for the first group, and for the second where that differs.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let schedule: any LearningRateSchedule
    let first: [Double]
    var second: [Double]?
    var beta1: [Double]?

    init(
      _ name: String, _ schedule: any LearningRateSchedule, _ first: [Double], second: [Double]? = nil,
      beta1: [Double]? = nil
    ) {
      testDescription = name
      self.schedule = schedule
      self.first = first
      self.second = second
      self.beta1 = beta1
    }
  }

  static let cases = [
    Case("range test", LRRangeTest(minimum: 1e-3, size: 4, growth: 2), ScheduleGolden.rangeTest),
    Case(
      "range test with stairs and two minima",
      LRRangeTest(minimum: .each([1e-3, 5e-4]), size: 4, growth: 2, isStaircase: true),
      ScheduleGolden.rangeTestStaircase, second: ScheduleGolden.rangeTestStaircaseSecond),
    Case(
      "one cycle", OneCycle(minimum: 1e-3, maximum: 1e-2, riseSize: 4, fallSize: 6), ScheduleGolden.oneCycle,
      beta1: ScheduleGolden.oneCycleBeta),
    Case(
      "one cycle with decay",
      OneCycle(
        minimum: 1e-3, maximum: 1e-2, riseSize: 3, rateDecay: 0.5, decaySize: 2, minimumMomentum: 0.7,
        maximumMomentum: 0.95, momentumDecay: 0.25),
      ScheduleGolden.oneCycleDecay, beta1: ScheduleGolden.oneCycleDecayBeta),
    Case(
      "one cycle with stairs",
      OneCycle(
        minimum: 1e-3, maximum: 1e-2, riseSize: 6, riseStairs: 3, fallStairs: 2, cyclesMomentum: false),
      ScheduleGolden.oneCycleStairs),
    Case(
      "one cycle without a fall",
      OneCycle(minimum: 1e-3, maximum: 1e-2, riseSize: 5, fallSize: 0, cyclesMomentum: false),
      ScheduleGolden.oneCycleWithoutDescent),
    Case(
      "logarithmic warm-up", WarmupLR(minimum: 1e-4, maximum: 1e-2, stepCount: 8), ScheduleGolden.warmupLog),
    Case(
      "linear warm-up", WarmupLR(maximum: 1e-2, stepCount: 8, shape: .linear), ScheduleGolden.warmupLinear),
    Case(
      "warm-up to the groups' own rates", WarmupLR(stepCount: 5, shape: .linear),
      ScheduleGolden.warmupToInitial, second: ScheduleGolden.warmupToInitialSecond),
    Case(
      "warm-up with numbers for each group",
      WarmupLR(minimum: .each([0, 1e-3]), maximum: .each([1e-2, 2e-3]), stepCount: 4),
      ScheduleGolden.warmupPerGroup, second: ScheduleGolden.warmupPerGroupSecond),
    Case("warm-up of one step", WarmupLR(maximum: 1e-2, stepCount: 1), ScheduleGolden.warmupOneStep),
    Case(
      "warm-up and decay", WarmupDecayLR(totalStepCount: 11, maximum: 1e-2, stepCount: 4),
      ScheduleGolden.warmupDecay),
    Case(
      "linear warm-up and decay",
      WarmupDecayLR(totalStepCount: 11, minimum: 1e-3, maximum: 1e-2, stepCount: 4, shape: .linear),
      ScheduleGolden.warmupDecayLinear),
    Case(
      "warm-up and cosine", WarmupCosineLR(totalStepCount: 11, stepCount: 4), ScheduleGolden.warmupCosine,
      second: ScheduleGolden.warmupCosineSecond),
    Case(
      "linear warm-up and cosine",
      WarmupCosineLR(totalStepCount: 11, minimumRatio: 0.2, stepCount: 4, floorRatio: 0.1, shape: .linear),
      ScheduleGolden.warmupCosineLinear, second: ScheduleGolden.warmupCosineLinearSecond),
    Case("constant", ConstantLR(), [3e-3, 3e-3], second: [6e-4, 6e-4]),
  ]

  static func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= 1e-14 + 1e-12 * abs(expected)
  }

  @Test(arguments: cases)
  func `rates are those of DeepSpeed from before the first step on`(testCase: Case) throws {
    try testCase.schedule.validate(groupCount: 2)
    for (step, expected) in testCase.first.enumerated() {
      let rates = testCase.schedule.rates(step: step, initial: ScheduleGolden.initialRates)
      #expect(rates.count == 2)
      #expect(Self.isClose(rates[0], expected), "step \(step): \(rates[0]), expected \(expected)")
      let second = testCase.second?[step] ?? expected
      #expect(Self.isClose(rates[1], second), "step \(step): \(rates[1]), expected \(second)")
    }
  }

  @Test(arguments: cases)
  func `betas move in a cycle as in DeepSpeed, and nowhere else`(testCase: Case) throws {
    for step in testCase.first.indices {
      let momenta = testCase.schedule.momenta(step: step, groupCount: 2)
      if let expected = testCase.beta1?[step] {
        let found = try #require(momenta)
        #expect(found.count == 2 && Self.isClose(found[1].beta1, expected), "step \(step)")
        #expect(found[0].beta2 == 0.99)
      } else {
        #expect(momenta == nil)
      }
    }
  }

  @Test func `a list that does not fit the groups is an error that names the option`() {
    let schedule = WarmupLR(minimum: .each([0, 0, 0]), maximum: 1e-3)
    let error = #expect(throws: OptimizerError.self) { try schedule.validate(groupCount: 2) }
    #expect(error?.description.contains("warmup_min_lr") == true)
    #expect(error?.description.contains("list of 2") == true)
  }

  /// Schedules with one option out of its range, and the name that the error must give.
  static let wrong: [(any LearningRateSchedule, String)] = [
    (LRRangeTest(size: 0), "lr_range_test_step_size"),
    (LRRangeTest(minimum: -1), "lr_range_test_min_lr"),
    (LRRangeTest(growth: .nan), "lr_range_test_step_rate"),
    (OneCycle(minimum: 0.1, maximum: 1, riseSize: 0), "cycle_first_step_size"),
    (OneCycle(minimum: 0.1, maximum: 1, fallSize: -1), "cycle_second_step_size"),
    (OneCycle(minimum: 0.1, maximum: .same(.infinity)), "cycle_max_lr"),
    (OneCycle(minimum: 0.1, maximum: 1, decaySize: -2), "decay_step_size"),
    (WarmupLR(stepCount: 0), "warmup_num_steps"),
    (WarmupDecayLR(totalStepCount: 0), "total_num_steps"),
    (WarmupCosineLR(totalStepCount: 10, minimumRatio: 1.5), "warmup_min_ratio"),
    (WarmupCosineLR(totalStepCount: 10, floorRatio: -0.1), "cos_min_ratio"),
  ]

  @Test(arguments: wrong.indices)
  func `options out of range are errors that name them`(index: Int) {
    let (schedule, name) = Self.wrong[index]
    let error = #expect(throws: OptimizerError.self) { try schedule.validate(groupCount: 1) }
    #expect(error?.description.contains("'\(name)'") == true, "\(String(describing: error))")
  }
}
