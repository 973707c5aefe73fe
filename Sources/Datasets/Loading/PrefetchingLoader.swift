/// Yields a rank's micro-batches one after another without end, prepared by a background thread.
///
/// The order depends on the dataset, the seed and the number of samples used so far, never on timing.
public final class PrefetchingLoader {
  /// Which samples this rank takes.
  public let shape: BatchShape
  /// Where a run that is resumed now would go on: behind the last batch that `next` returned.
  public private(set) var position: DataPosition

  private let dataset: Dataset
  private let depth: Int
  private let epochMultiple: Int
  private var queue: PrefetchQueue<HostBatch>?
  private var cancellation = Cancellation()

  /// Prepares loading; the background thread starts at the first `next`.
  ///
  /// - Parameters:
  ///   - dataset: the rows.
  ///   - shape: which samples this rank takes.
  ///   - seed: shuffles the rows; nil keeps their order. All ranks need the same.
  ///   - resuming: the position of an earlier run on the same data; nil begins.
  ///   - epochMultiple: rows at the end of an epoch that do not fill up a multiple of this are left out.
  ///   - depth: batches that are prepared ahead.
  /// - Throws: `DatasetError` of kind `changedData` if `resuming` belongs to other data or another seed.
  public init(
    dataset: Dataset, shape: BatchShape, seed: UInt64?, resuming: DataPosition? = nil,
    epochMultiple: Int = 1, depth: Int = 4
  ) throws {
    try resuming?.check(dataset: dataset, seed: seed)
    self.dataset = dataset
    self.shape = shape
    self.depth = depth
    self.epochMultiple = epochMultiple
    position = resuming ?? DataPosition(seed: seed, fingerprint: dataset.fingerprint)
  }

  /// The next micro-batch.
  ///
  /// - Throws: `DatasetError` and what the tokenizer throws, for the rows of this batch or of one soon to
  ///   come; `TorchError`; `CancellationError` after `close`.
  public func next() throws -> Batch {
    let queue = self.queue ?? start()
    guard let host = try queue.next() else { throw CancellationError() }
    let batch = try host.batch()
    position.nextSample = host.sampleRange.upperBound
    position.epoch = host.epoch
    return batch
  }

  /// Ends the background thread. No batch comes afterwards.
  public func close() {
    cancellation.cancel()
    queue?.close()
  }

  deinit {
    close()
  }

  private func start() -> PrefetchQueue<HostBatch> {
    let queue = PrefetchQueue<HostBatch>(capacity: depth)
    self.queue = queue
    let producer = BatchProducer(
      dataset: dataset, shape: shape, order: SampleOrder(seed: position.seed, multiple: epochMultiple),
      firstSample: position.nextSample, queue: queue, cancellation: cancellation)
    if !BackgroundThread.detach({ producer.run() }) {
      queue.finish(
        .failure(
          DatasetError(
            .unreadable, file: dataset.path, found: "no thread to load it with",
            expected: "fewer threads in use (ulimit -u)")))
    }
    return queue
  }
}

/// The work of the background thread.
private struct BatchProducer: Sendable {
  let dataset: Dataset
  let shape: BatchShape
  let order: SampleOrder
  let firstSample: Int
  let queue: PrefetchQueue<HostBatch>
  let cancellation: Cancellation

  func run() {
    do {
      var order = order
      var start = firstSample
      while queue.push(try batch(from: start, &order)) { start += shape.samplesPerMicroStep }
      queue.finish(.success(()))
    } catch {
      queue.finish(.failure(error))
    }
  }

  private func batch(from start: Int, _ order: inout SampleOrder) throws -> HostBatch {
    var rows: [TokenRow] = []
    var epoch = 0
    for sample in shape.samples(from: start) {
      let place = try order.row(ofSample: sample, in: dataset, unless: cancellation)
      rows.append(try dataset.rows.row(place.row))
      epoch = place.epoch
    }
    return HostBatch(
      rows: rows, padding: dataset.padding, sampleRange: start..<start + shape.samplesPerMicroStep,
      epoch: epoch)
  }
}
