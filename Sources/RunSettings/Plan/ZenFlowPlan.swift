/// Which columns of the weights are updated in every step, and when the rest is.
public struct ZenFlowPlan: Sendable, Equatable {
  /// How many of a weight's columns are updated in every step: above 0 and below 1 of them.
  public let columnShare: Double
  /// Steps between two choices of columns, or epochs.
  public let choiceInterval: Interval
  /// Steps between two updates of the rest; nil: when its gradients outweigh those of the chosen columns.
  public let updateInterval: Int?
  /// In what share of the weights they must.
  public let outweighedShare: Double
  /// Steps at the start in which everything is updated.
  public let warmupStepCount: Int
  /// Whether the rest is updated beside the passes of the next steps.
  public let overlapsUpdates: Bool
  /// Whether the states of the chosen columns are in host memory too.
  public let offloadsChosen: Bool
  /// The share of the threads that an update beside the passes does not use.
  public let reservedThreadShare: Double

  /// A number of steps, or of epochs, whose steps only the program knows.
  public enum Interval: Sendable, Equatable {
    /// Optimizer steps.
    case steps(Int)
    /// Passes over the data.
    case epochs(Int)
  }

  init?(_ keys: Settings<ZenFlowKeys>) {
    guard keys.isPresent else { return nil }
    columnShare = keys.topRatio
    var interval = 1
    if case .fixed(let number) = keys.selectInterval { interval = number }
    choiceInterval = keys.selectStrategy == .step ? .steps(interval) : .epochs(interval)
    if case .fixed(let number) = keys.updateInterval { updateInterval = number } else { updateInterval = nil }
    outweighedShare = keys.autoRatio
    warmupStepCount = keys.fullWarmupRounds
    overlapsUpdates = keys.overlapsStep
    offloadsChosen = keys.offloadsSelected
    reservedThreadShare = keys.reservedCoreShare
  }
}
