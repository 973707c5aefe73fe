import Collectives
import Optimizers
import Torch

/// The norm of the whole gradient over all ranks, and whether all of it is finite.
struct GradientNorm {
  /// The sum of squares of what the ranks keep, before any factor.
  private(set) var sumOfSquares: Double
  /// The first place that is not finite.
  private(set) var overflow: ZeROOptimizer.Overflow?

  /// Adds up what all ranks have found; every rank calls it.
  ///
  /// - Parameters:
  ///   - squares: of this rank's part of each bucket of each group; nil where there is no gradient. Added in their
  ///     order, so that the sum does not depend on when they were taken.
  ///   - layouts: of each group.
  /// - Throws: `CollectiveError`, `TorchError`.
  init(_ squares: [[GradientSquares?]], layouts: [FlatLayout], ranks: ProcessGroup) throws {
    sumOfSquares = 0
    var path: String?
    for (layout, squares) in zip(layouts, squares) {
      for (bucket, squares) in squares.enumerated() {
        guard let squares else { continue }
        sumOfSquares += squares.sum
        guard path == nil, let first = squares.firstNonFinite else { continue }
        let owner = layout.partitionCount == 1 ? 0 : ranks.rank
        let place = layout.partitionOffset(ofBucket: bucket) + first
        path = layout.member(atPartitionOffset: place, of: owner).map { layout.members[$0].path } ?? ""
      }
    }
    guard layouts.contains(where: { $0.partitionCount > 1 }) else {
      overflow = path.map { ZeROOptimizer.Overflow(path: $0, rank: ranks.globalRanks[ranks.rank]) }
      return
    }
    let total = try Tensor([sumOfSquares, path == nil ? 0 : 1], shape: [2])
    try ranks.allReduce(total, op: .sum, label: "gradient norm").wait()
    let values = try total.array(of: Double.self)
    sumOfSquares = values[0]
    guard values[1] != 0 || !values[0].isFinite else { return }
    // Rare, so it may cost a second exchange: who saw what.
    let paths = try ranks.allGather(bytes: Array((path ?? "").utf8), label: "overflow report")
    let rank = paths.firstIndex { !$0.isEmpty } ?? 0
    overflow = ZeROOptimizer.Overflow(path: String(decoding: paths[rank], as: UTF8.self), rank: ranks.globalRanks[rank])
  }
}
