/// Important gradients first (ZenFlow, arXiv 2505.12242): the columns of each weight with the largest
/// gradients are updated in every step, the rest by the host, once for several steps.
public struct ZenFlowSettings: Sendable, Equatable {
  /// `topk_ratio`: the share of a weight's columns that is updated in every step, above 0 and below 1.
  public var columnShare: Double
  /// Steps between two choices of columns; nil: they are chosen once, after the warm-up. `select_interval`,
  /// in epochs times the steps of an epoch where `select_strategy` says so.
  public var choiceInterval: Int?
  /// `update_interval`: steps between two updates of the rest; nil: when its gradients outweigh those of the
  /// chosen columns.
  public var updateInterval: Int?
  /// `auto_ratio`: in what share of the weights they must, without an interval.
  public var outweighedShare: Double
  /// `full_warm_up_rounds`: steps at the start in which everything is updated.
  public var warmupStepCount: Int
  /// `overlap_step`: the rest is updated beside the passes of the next steps, and shows in the weights when
  /// it is updated the next time.
  public var overlapsUpdates: Bool
  /// `offload`: the states of the chosen columns are in host memory too.
  public var offloadsChosen: Bool
  /// `pt_reserved_cores_perc`: the share of a rank's threads that the update beside the passes does not use.
  public var reservedThreadShare: Double

  /// Settings; the defaults are DeepSpeed's.
  public init(
    columnShare: Double = 0.1, choiceInterval: Int? = nil, updateInterval: Int? = nil, outweighedShare: Double = 0.99,
    warmupStepCount: Int = 0, overlapsUpdates: Bool = false, offloadsChosen: Bool = false,
    reservedThreadShare: Double = 0.5
  ) {
    self.columnShare = columnShare
    self.choiceInterval = choiceInterval
    self.updateInterval = updateInterval
    self.outweighedShare = outweighedShare
    self.warmupStepCount = warmupStepCount
    self.overlapsUpdates = overlapsUpdates
    self.offloadsChosen = offloadsChosen
    self.reservedThreadShare = reservedThreadShare
  }
}
