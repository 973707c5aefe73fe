/// Samples per second of a run: now, and on average without the first steps, which are slower than the rest.
public struct ThroughputTimer: Sendable {
  /// The number of steps at the start that do not count.
  public static let warmUpSteps = 2

  /// What a step shows.
  public struct Report: Sendable, Equatable {
    /// Samples per second of the last step.
    public var currentSamplesPerSecond: Double
    /// Samples per second since the warm-up; nil during it.
    public var averageSamplesPerSecond: Double?

    /// The names and values as DeepSpeed logs them.
    public var text: String {
      let average = averageSamplesPerSecond.map(NumberText.short) ?? "--"
      return
        "RunningAvgSamplesPerSec=\(average), CurrSamplesPerSec=\(NumberText.short(currentSamplesPerSecond))"
    }
  }

  /// The number of steps so far.
  public private(set) var stepCount = 0
  private var countedSamples = 0
  private var countedTime = Duration.zero
  private var start: ContinuousClock.Instant?

  /// A timer that has seen nothing.
  public init() {}

  /// Marks the start of a step.
  public mutating func start(at now: ContinuousClock.Instant = .now) { start = now }

  /// Marks the end of a step.
  /// - Parameters:
  ///   - samples: the samples of the step over all ranks.
  ///   - now: the time.
  /// - Returns: the speed; nil when no start was marked.
  public mutating func stop(samples: Int, at now: ContinuousClock.Instant = .now) -> Report? {
    guard let start else { return nil }
    self.start = nil
    stepCount += 1
    let elapsed = now - start
    if stepCount > Self.warmUpSteps {
      countedSamples += samples
      countedTime += elapsed
    }
    return Report(
      currentSamplesPerSecond: Self.rate(samples, elapsed),
      averageSamplesPerSecond: stepCount > Self.warmUpSteps ? Self.rate(countedSamples, countedTime) : nil)
  }

  private static func rate(_ samples: Int, _ time: Duration) -> Double {
    let seconds = time / .seconds(1)
    return seconds > 0 ? Double(samples) / seconds : 0
  }
}
