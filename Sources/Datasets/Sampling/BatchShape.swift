/// Which samples of the run a rank takes in each micro-step.
///
/// Optimizer step `s` takes the samples `s G ..< (s + 1) G`, G the train batch size, whatever the number of
/// ranks. In its micro-step `k`, rank `r` takes `s G + k B W + i W + r` for `i` in `0 ..< B`, with
/// micro-batch B and W ranks.
public struct BatchShape: Sendable, Equatable {
  /// Rows of one micro-batch on one rank, B.
  public let microBatch: Int
  /// The number of data-parallel ranks, W.
  public let worldSize: Int
  /// This rank, from 0 to one below `worldSize`.
  public let rank: Int

  /// - Precondition: positive sizes, a rank below the number of ranks.
  public init(microBatch: Int, worldSize: Int = 1, rank: Int = 0) {
    precondition(
      microBatch > 0 && worldSize > 0 && rank >= 0 && rank < worldSize,
      "micro-batch \(microBatch), rank \(rank) of \(worldSize)")
    self.microBatch = microBatch
    self.worldSize = worldSize
    self.rank = rank
  }

  /// The samples that all ranks together take in one micro-step.
  public var samplesPerMicroStep: Int { microBatch * worldSize }

  /// This rank's samples of the micro-step that begins at sample `start`.
  func samples(from start: Int) -> [Int] {
    (0..<microBatch).map { start + $0 * worldSize + rank }
  }
}
