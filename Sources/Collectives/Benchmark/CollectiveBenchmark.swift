public import Torch

/// Times collectives over every transport that the ranks have, in turn, so that a drift of the machine's speed meets
/// all of them: `deepspeed bench comm` on one rank.
public struct CollectiveBenchmark: Sendable {
  /// What is timed; each of `allReduce`, `reduceScatter`, `allGather`, `broadcast`, `allToAll`.
  public var operations: [CollectiveOperation]
  /// Bytes of the whole tensor, in the order of the measurements.
  public var byteCounts: [Int]
  /// The elements' type.
  public var dtype: DType
  /// Timed rounds of each transport; the median is reported.
  public var trials: Int
  /// The transports to compare.
  public var transports: [Transport]

  /// The operations that can be timed.
  public static let knownOperations: [CollectiveOperation] = [
    .allReduce, .reduceScatter, .allGather, .broadcast, .allToAll,
  ]

  /// A benchmark of these settings.
  public init(
    operations: [CollectiveOperation] = Self.knownOperations, byteCounts: [Int], dtype: DType = .float32,
    trials: Int = 7, transports: [Transport] = [.sharedMemory, .gloo]
  ) {
    self.operations = operations
    self.byteCounts = byteCounts
    self.dtype = dtype
    self.trials = trials
    self.transports = transports
  }

  /// One operation of one size over one transport, on this rank's clock.
  public struct Measurement: Sendable, Equatable {
    /// What was timed.
    public let operation: CollectiveOperation
    /// How the ranks reached each other.
    public let transport: Transport
    /// Bytes of the whole tensor.
    public let byteCount: Int
    /// Seconds of one operation in each trial, sorted.
    public let seconds: [Double]
    /// Bytes that this rank gave to others in one operation, by link.
    public let sent: LinkBytes

    /// The median trial.
    public var medianSeconds: Double { seconds[seconds.count / 2] }
    /// Bytes of the whole tensor a second.
    public var bandwidth: Double { Double(byteCount) / medianSeconds }
  }

  /// Runs it; every rank calls this. `onMeasurement` gets each measurement as soon as it is there.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func run(
    _ context: RankContext, onMeasurement: (Measurement) throws -> Void = { _ in }
  ) throws -> [Measurement] {
    var groups: [(transport: Transport, group: ProcessGroup)] = []
    for transport in transports {
      let ranks = Array(0..<context.worldSize)
      guard let group = try context.makeGroup(of: ranks, name: "bench \(transport.rawValue)", transport: transport) else {
        continue
      }
      groups.append((transport, group))
    }
    var measurements: [Measurement] = []
    for operation in operations {
      for byteCount in byteCounts {
        for measurement in try measure(operation, byteCount: byteCount, over: groups) {
          try onMeasurement(measurement)
          measurements.append(measurement)
        }
      }
    }
    return measurements
  }

  private func measure(
    _ operation: CollectiveOperation, byteCount: Int, over groups: [(transport: Transport, group: ProcessGroup)]
  ) throws -> [Measurement] {
    let size = groups.first?.group.size ?? 1
    // A whole number of elements for each rank.
    let part = max(1, byteCount / dtype.byteCount / size)
    let whole = try Tensor.zeros([part * size], dtype: dtype)
    let other = try Tensor.zeros([operation == .allToAll ? part * size : part], dtype: dtype)
    let repetitions = max(3, min(200, (8 << 20) / max(1, byteCount)))
    var seconds = groups.map { _ in [Double]() }
    var sent = groups.map { _ in LinkBytes() }
    // The first round warms up caches and connections.
    for trial in 0...trials {
      for (index, (_, group)) in groups.enumerated() {
        try group.barrier()
        let before = group.sent
        let start = ContinuousClock.now
        for _ in 0..<repetitions { try run(operation, on: group, whole: whole, other: other) }
        let time = start.duration(to: .now)
        sent[index] = (group.sent - before).divided(by: repetitions)
        if trial > 0 { seconds[index].append(time / .seconds(1) / Double(repetitions)) }
      }
    }
    return groups.enumerated().map { index, entry in
      Measurement(
        operation: operation, transport: entry.transport, byteCount: whole.byteCount, seconds: seconds[index].sorted(),
        sent: sent[index])
    }
  }

  private func run(
    _ operation: CollectiveOperation, on group: ProcessGroup, whole: Tensor, other: Tensor
  ) throws(CollectiveError) {
    switch operation {
    case .allReduce: try group.allReduce(whole).wait()
    case .reduceScatter: try group.reduceScatter(into: other, from: whole).wait()
    case .allGather: try group.allGather(into: whole, from: other).wait()
    case .broadcast: try group.broadcast(whole, from: 0).wait()
    case .allToAll: try group.allToAll(into: other, from: whole).wait()
    case .reduce, .send, .receive, .barrier:
      throw .invalidArgument(operation: operation.rawValue, reason: "the benchmark does not time it")
    }
  }
}
