public import Collectives

/// What ZeRO++ (arXiv 2306.10209) does to the communication of stage 3.
public struct PlusPlusSettings: Sendable, Equatable {
  /// `zero_quantized_weights`: parameters are gathered in 8-bit blocks (qwZ).
  public var quantizesWeights = false
  /// `zero_quantized_gradients`: between hosts gradients are reduced in 4-bit blocks (qgZ); among ranks of one host
  /// nothing changes.
  public var quantizesGradients = false
  /// `zeropp_loco_param`: what quantisation of gradients loses is added the next time; nil for no feedback.
  public var errorFeedback: QuantizedReduction.ErrorFeedback?
  /// `zero_hpz_partition_size`: so many consecutive ranks keep a second copy of the parameters between the first
  /// gather of a step and its end (hpZ); 1 for none.
  public var secondaryGroupSize = 1

  /// `zero_quantized_nontrainable_weights`: frozen parameters are kept in 8-bit blocks.
  public var quantizesFrozenWeights = false
  /// Frozen units with fewer elements stay as they are; as in DeepSpeed.
  public var smallestQuantizedUnit = 500_000

  /// Plain stage 3.
  public init() {}

  /// The rows in which secondary shards live and gradients are reduced first: groups of the given size, else hosts.
  ///
  /// - Throws: `CollectiveError.invalidArgument` for ranks that do not divide so.
  func grid(of group: ProcessGroup) throws(CollectiveError) -> RankGrid {
    secondaryGroupSize > 1
      ? try RankGrid(rankCount: group.size, rowLength: secondaryGroupSize) : try RankGrid(hosts: group.hosts)
  }
}

/// The groups of ranks that ZeRO++ needs beside the one of all.
struct PlusPlusGroups {
  let settings: PlusPlusSettings
  let grid: GridGroups

  /// Nil for plain stage 3.
  init?(_ settings: PlusPlusSettings, of group: ProcessGroup) throws(CollectiveError) {
    let needsGrid = settings.quantizesGradients || settings.secondaryGroupSize > 1
    guard needsGrid || settings.quantizesWeights, group.size > 1 else { return nil }
    self.settings = settings
    let whole = try RankGrid(rankCount: group.size, rowLength: group.size)
    grid = try group.makeGroups(in: needsGrid ? try settings.grid(of: group) : whole)
  }

  /// How gradients are reduced; nil for the plain way, as among ranks of one host.
  func reduction() -> QuantizedReduction? {
    guard settings.quantizesGradients, grid.grid.rows.count > 1 else { return nil }
    return QuantizedReduction(groups: grid, feedback: settings.errorFeedback)
  }

  /// The ranks that share secondary shards; nil for none.
  var secondaryGroup: ProcessGroup? { settings.secondaryGroupSize > 1 ? grid.row : nil }
}
