/// A sweep over settings for the fastest on a disk: `deepspeed bench io --search`, DeepSpeed's `ds_nvme_tune`.
public struct AsyncFileSearch: Sendable {
  /// The settings to try.
  public var candidates: [AsyncFileSettings]

  /// The space that `ds_nvme_tune` searches: blocks of 1 and 8 MiB, 32 and 128 in flight, requests overlapped or in
  /// batches, submitted together or singly, 1, 2, 4 and 8 threads.
  public static let standard: [AsyncFileSettings] = [1, 2, 4, 8].flatMap { workers in
    [1 << 20, 8 << 20].flatMap { blockSize in
      [32, 128].flatMap { depth in
        [true, false].flatMap { overlaps in
          [false, true].map { single in
            AsyncFileSettings(
              blockSize: blockSize, queueDepth: depth, workerCount: workers, submitsSingly: single,
              overlapsEvents: overlaps)
          }
        }
      }
    }
  }

  /// A sweep over these settings.
  public init(candidates: [AsyncFileSettings] = Self.standard) {
    self.candidates = candidates
  }

  /// What one candidate reached.
  public struct Result: Sendable, Equatable {
    /// The candidate.
    public let settings: AsyncFileSettings
    /// Bytes a second that were read; nil when reads were not timed.
    public let readBandwidth: Double?
    /// Bytes a second that were written; nil when writes were not timed.
    public let writeBandwidth: Double?

    /// The sum, by which candidates are compared.
    public var score: Double { (readBandwidth ?? 0) + (writeBandwidth ?? 0) }

    /// A result that was measured.
    public init(settings: AsyncFileSettings, readBandwidth: Double?, writeBandwidth: Double?) {
      self.settings = settings
      self.readBandwidth = readBandwidth
      self.writeBandwidth = writeBandwidth
    }
  }

  /// Times every candidate.
  ///
  /// - Parameters:
  ///   - benchmark: the file and its transfers.
  ///   - directions: what is timed.
  ///   - rounds: rounds over all candidates; the median of each counts.
  ///   - onResult: called after each candidate's last round.
  /// - Returns: the results, best first.
  /// - Throws: ``AsyncFileError``.
  public func run(
    _ benchmark: AsyncFileBenchmark, directions: [AsyncFileBenchmark.Direction], rounds: Int = 1,
    onResult: (Result) -> Void = { _ in }
  ) throws(AsyncFileError) -> [Result] {
    var seconds = candidates.map { _ in directions.map { _ in [Double]() } }
    var results: [Result] = []
    for round in 1...rounds {
      for (index, settings) in candidates.enumerated() {
        let handle = try AsyncFileHandle(settings)
        for (place, direction) in directions.enumerated() {
          seconds[index][place].append(try benchmark.time(direction, with: handle))
        }
        guard round == rounds else { continue }
        func bandwidth(_ direction: AsyncFileBenchmark.Direction) -> Double? {
          directions.firstIndex(of: direction).map {
            Double(benchmark.byteCount) / seconds[index][$0].sorted()[rounds / 2]
          }
        }
        let result = Result(
          settings: settings, readBandwidth: bandwidth(.read), writeBandwidth: bandwidth(.write))
        onResult(result)
        results.append(result)
      }
    }
    return results.sorted { $0.score > $1.score }
  }
}

extension AsyncFileSettings {
  /// These settings as the section `aio` of a DeepSpeed config.
  public var configText: String {
    """
    "aio": {
      "block_size": \(blockSize),
      "queue_depth": \(queueDepth),
      "intra_op_parallelism": \(workerCount),
      "single_submit": \(submitsSingly),
      "overlap_events": \(overlapsEvents)
    }
    """
  }
}
