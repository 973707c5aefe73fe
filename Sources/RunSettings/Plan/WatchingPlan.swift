/// Where one monitor writes.
public struct MonitorPlan: Sendable, Equatable {
  /// Folder; empty means the run's own.
  public let outputPath: String
  /// Folder or file inside `outputPath`.
  public let jobName: String
}

/// The monitors that are switched on.
public struct MonitorPlans: Sendable, Equatable {
  /// Event files for TensorBoard.
  public let tensorboard: MonitorPlan?
  /// CSV files, one for each value.
  public let csv: MonitorPlan?
  /// One JSON object a line.
  public let jsonl: MonitorPlan?

  /// Whether any monitor is on.
  public var isEnabled: Bool { tensorboard != nil || csv != nil || jsonl != nil }
}

/// What is measured and printed while training runs.
public struct WatchingPlan: Sendable, Equatable {
  /// Optimizer steps between two lines of progress; nil prints none.
  public let stepsPerPrint: Int?
  /// Whether the time of forward, backward, reduction and step is measured and logged.
  public let measuresWallClock: Bool
  /// Whether memory use is logged at several points of a step.
  public let measuresMemory: Bool
  /// Whether samples per second are measured.
  public let measuresThroughput: Bool
  /// Whether the device is waited for when throughput is measured.
  public let synchronizesThroughput: Bool
  /// Whether the state of the engine is printed when it is made.
  public let dumpsState: Bool
  /// Least severe messages that are logged; nil leaves it to the program.
  public let logLevel: LogLevel?
}

/// How checkpoints are saved.
public struct CheckpointPlan: Sendable, Equatable {
  /// What happens when ranks save under different tags.
  public let tagValidation: TagValidation
  /// Whether each node writes to a disk of its own.
  public let usesNodeLocalStorage: Bool
}

extension MonitorPlans {
  init(_ settings: Settings<RunKeys>) {
    let (board, csv, jsonl) = (settings.tensorboard, settings.csvMonitor, settings.jsonlMonitor)
    tensorboard = board.enabled ? MonitorPlan(outputPath: board.outputPath, jobName: board.jobName) : nil
    self.csv = csv.enabled ? MonitorPlan(outputPath: csv.outputPath, jobName: csv.jobName) : nil
    self.jsonl = jsonl.enabled ? MonitorPlan(outputPath: jsonl.outputPath, jobName: jsonl.jobName) : nil
  }
}

extension WatchingPlan {
  init(_ settings: Settings<RunKeys>) {
    stepsPerPrint = settings.stepsPerPrint
    measuresWallClock = settings.measuresWallClock
    measuresMemory = settings.measuresMemory
    measuresThroughput = settings.timers.throughput.enabled
    synchronizesThroughput = settings.timers.throughput.isSynchronized
    dumpsState = settings.dumpsState
    logLevel = settings.logLevel
  }
}

extension CheckpointPlan {
  init(_ keys: Settings<CheckpointKeys>) {
    tagValidation = keys.tagValidation
    usesNodeLocalStorage = keys.usesNodeLocalStorage
  }
}
