/// Yields every row of a dataset once, in order, shared among the ranks.
///
/// Rank `r` of W takes the rows `r`, `r + W`, and so on; the last batch may have fewer rows.
public struct EvaluationLoader {
  private let dataset: Dataset
  private let shape: BatchShape
  private var nextRow: Int

  /// Begins at the first row.
  ///
  /// - Parameters:
  ///   - dataset: the rows.
  ///   - shape: the rows of a batch, the ranks.
  public init(dataset: Dataset, shape: BatchShape) {
    self.dataset = dataset
    self.shape = shape
    nextRow = 0
  }

  /// The next batch of this rank, nil when its rows are used up.
  ///
  /// - Throws: `DatasetError`, what the tokenizer throws, `TorchError`.
  public mutating func next() throws -> Batch? {
    let end = nextRow + shape.samplesPerMicroStep
    let available = try dataset.rows.availability(atLeast: end, unless: Cancellation())
    guard available.count > 0 else { throw dataset.tooFew() }
    let rows = try shape.samples(from: nextRow).filter { $0 < available.count }.map {
      try dataset.rows.row($0)
    }
    guard !rows.isEmpty else { return nil }
    let range = nextRow..<min(end, available.count)
    nextRow = end
    return try HostBatch(rows: rows, padding: dataset.padding, sampleRange: range, epoch: 0).batch()
  }
}
