import Collectives
import Torch

/// The reduction of consecutive buckets under way.
struct PendingReduction {
  private enum Way {
    case plain([Work])
    case quantized(QuantizedReduction.Hops)
  }

  /// The buckets, in order.
  let buckets: Range<Int>
  /// This rank's slices of them, to be read after ``wait()``.
  let shards: [Tensor]
  private let way: Way
  /// Keeps what is sent alive until it has been.
  private let sent: [Tensor]

  /// Begins a reduction.
  ///
  /// - Throws: `CollectiveError`.
  init(
    _ buckets: Range<Int>, _ items: [QuantizedReduction.Item], in group: ProcessGroup, quantized: QuantizedReduction?
  ) throws(CollectiveError) {
    self.buckets = buckets
    shards = items.map(\.output)
    sent = items.map(\.input)
    if let quantized {
      way = .quantized(try quantized.begin(items))
    } else {
      way = .plain(
        try items.map { item throws(CollectiveError) in
          try group.reduceScatter(into: item.output, from: item.input, op: .sum, label: item.name)
        })
    }
  }

  /// Starts the last hop if what is before it has ended, and never waits.
  ///
  /// - Returns: Whether the last hop is under way, or over.
  func advance() throws(CollectiveError) -> Bool {
    guard case .quantized(let hops) = way else { return true }
    return try hops.advance()
  }

  /// Waits for what is before the last hop, and starts that.
  func startLastHop() throws(CollectiveError) {
    if case .quantized(let hops) = way { try hops.startSecondHop() }
  }

  /// Returns when the slices are there.
  func wait() throws(CollectiveError) {
    switch way {
    case .plain(let works): for work in works { try work.wait() }
    case .quantized(let hops): try hops.wait()
    }
  }

  /// Consecutive buckets that are together no larger than `limit`; each alone that is larger.
  static func batches(of byteCounts: [Int], limit: Int) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var size = 0
    for (index, count) in byteCounts.enumerated() {
      if let last = batches.last, size + count <= limit {
        batches[batches.count - 1] = last.lowerBound..<index + 1
        size += count
      } else {
        batches.append(index..<index + 1)
        size = count
      }
    }
    return batches
  }
}
