/// What a communication log takes down (`comms_logger`).
public struct CommunicationLogOptions: Sendable, Hashable {
  /// The operations that are timed; nil for all.
  public var operations: Set<CollectiveOperation>?
  /// Whether operations that move different things are counted apart, by their labels.
  public var includesLabels: Bool

  /// A log of all operations, or of some.
  public init(operations: Set<CollectiveOperation>? = nil, includesLabels: Bool = false) {
    self.operations = operations
    self.includesLabels = includesLabels
  }
}

/// What a rank's log holds of all operations of one kind and size.
public struct CommunicationLogEntry: Sendable, Equatable {
  /// What is done, with the label where labels are included: `all-gather`, `all-reduce of 'loss'`.
  public let name: String
  /// The kind of operation.
  public let operation: CollectiveOperation
  /// Bytes of the whole tensor, as `CollectiveRecord.byteCount` counts them.
  public let byteCount: Int
  /// Ranks of the group.
  public let rankCount: Int
  /// Operations that have ended.
  public private(set) var count = 0
  /// The time of all of them together, from each one's start to its end on this rank, with the waiting for
  /// slower ranks and for operations before it. Of what this rank alone has still to do and leaves until
  /// somebody waits for it, only the doing counts.
  public private(set) var totalLatency = Duration.zero
  /// Bytes that this rank gave to others in all of them, by link.
  public private(set) var sent = LinkBytes()
  /// The times of the latest operations, at most ``latencyLimit``, in no particular order.
  public private(set) var latencies: [Duration] = []

  /// A long run keeps no more times than this of one kind and size.
  public static let latencyLimit = 1000

  init(name: String, operation: CollectiveOperation, byteCount: Int, rankCount: Int) {
    self.name = name
    self.operation = operation
    self.byteCount = byteCount
    self.rankCount = rankCount
  }

  mutating func add(_ latency: Duration, sent bytes: LinkBytes) {
    sent += bytes
    if latencies.count < Self.latencyLimit {
      latencies.append(latency)
    } else {
      latencies[count % Self.latencyLimit] = latency
    }
    count += 1
    totalLatency += latency
  }

  /// Gigabits a second that the caller saw when one operation took `latency`: the bytes of the tensor, twice
  /// for an all-reduce. 0 when no time was taken.
  public func algorithmBandwidth(latency: Duration) -> Double {
    let seconds = latency / .seconds(1)
    let passes = operation == .allReduce ? 2.0 : 1
    return seconds > 0 ? passes * Double(byteCount) * 8 / seconds / 1e9 : 0
  }

  /// Gigabits a second on each rank's connection: the algorithm's bandwidth without what needs no wire,
  /// (N-1)/N of it where every rank keeps its own part.
  public func busBandwidth(latency: Duration) -> Double {
    let share: Double =
      switch operation {
      case .allReduce, .allGather, .reduceScatter, .allToAll: Double(rankCount - 1) / Double(rankCount)
      case .reduce, .broadcast, .send, .receive, .barrier: 1
      }
    return algorithmBandwidth(latency: latency) * share
  }
}

/// One operation that has ended, as a verbose log shows it.
public struct LoggedOperation: Sendable, Equatable {
  /// The operation.
  public let record: CollectiveRecord
  /// From its start to its end on this rank.
  public let latency: Duration
}

/// A rank's log of the operations of one group.
struct CommunicationLog {
  private struct Series: Hashable {
    let name: String
    let byteCount: Int
  }

  let options: CommunicationLogOptions
  let rankCount: Int
  private var entries: [Series: CommunicationLogEntry] = [:]
  /// Ended and not yet shown; kept only while somebody looks.
  private var unshown: [LoggedOperation] = []
  private let keepsOperations: Bool

  init(_ options: CommunicationLogOptions, rankCount: Int, keepsOperations: Bool) {
    self.options = options
    self.rankCount = rankCount
    self.keepsOperations = keepsOperations
  }

  mutating func note(_ record: CollectiveRecord, latency: Duration, sent: LinkBytes) {
    guard options.operations?.contains(record.operation) ?? true else { return }
    let kind = record.operation.rawValue
    let name = options.includesLabels && !record.label.isEmpty ? "\(kind) of '\(record.label)'" : kind
    let series = Series(name: name, byteCount: record.byteCount)
    entries[
      series,
      default: CommunicationLogEntry(
        name: name, operation: record.operation, byteCount: record.byteCount, rankCount: rankCount)
    ].add(latency, sent: sent)
    if keepsOperations { unshown.append(LoggedOperation(record: record, latency: latency)) }
  }

  mutating func takeUnshown() -> [LoggedOperation] {
    defer { unshown = [] }
    return unshown
  }

  mutating func reset() { entries = [:] }

  /// By name, then by size.
  var sorted: [CommunicationLogEntry] {
    entries.values.sorted { ($0.name, $0.byteCount) < ($1.name, $1.byteCount) }
  }
}
