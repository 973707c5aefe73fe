public import Torch

/// One micro-batch of one rank, on the CPU. B rows, T places.
public struct Batch {
  /// The inputs, int64 `[B, T]`.
  public let tokens: Tensor
  /// The targets, int64 `[B, T]`: `labels[b, t]` is what follows `tokens[b, t]`; -100 where nothing is
  /// learnt.
  public let labels: Tensor
  /// The number of places that are learnt.
  public let lossTokenCount: Int
  /// The samples of the run that all ranks together take in this micro-step.
  public let sampleRange: Range<Int>
}

/// The rows of a batch before they become tensors, which do not cross threads.
struct HostBatch: Sendable, Equatable {
  var tokens: [Int64]
  var labels: [Int64]
  var shape: [Int]
  var lossTokenCount: Int
  var sampleRange: Range<Int>
  var epoch: Int

  /// Puts rows under each other; shorter ones are filled at the end with `padding`, which is not learnt.
  init(rows: [TokenRow], padding: Int32, sampleRange: Range<Int>, epoch: Int) {
    let width = rows.map(\.tokens.count).max() ?? 0
    tokens = []
    labels = []
    tokens.reserveCapacity(rows.count * width)
    labels.reserveCapacity(rows.count * width)
    for row in rows {
      let missing = width - row.tokens.count
      tokens.append(contentsOf: row.tokens.lazy.map(Int64.init))
      tokens.append(contentsOf: repeatElement(Int64(padding), count: missing))
      labels.append(contentsOf: row.labels.lazy.map(Int64.init))
      labels.append(contentsOf: repeatElement(Int64(TokenRow.ignoredLabel), count: missing))
    }
    shape = [rows.count, width]
    lossTokenCount = rows.reduce(0) { $0 + $1.lossTokenCount }
    self.sampleRange = sampleRange
    self.epoch = epoch
  }

  /// The batch as tensors.
  ///
  /// - Throws: `TorchError`.
  func batch() throws -> Batch {
    Batch(
      tokens: try Tensor(tokens, shape: shape), labels: try Tensor(labels, shape: shape),
      lossTokenCount: lossTokenCount, sampleRange: sampleRange)
  }
}
