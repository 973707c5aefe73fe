import Glibc

/// Runs one node's ranks: makes each rank's environment, binds cores, supervises, and reports a failure last.
public struct NodeLauncher: Sendable {
  /// What to run.
  public var job: NodeJob
  /// The variables that ranks inherit.
  public var environment: [String: String]
  /// What the machine of this node has: its name, cores and GPUs.
  public var machine: LocalMachine
  /// Where output goes.
  public var sink: OutputSink
  /// The devices of each slot where they have names; otherwise slots are device numbers.
  public var visibleDevices: String?

  /// A launcher of a node's part of a job.
  public init(
    job: NodeJob, environment: [String: String], machine: LocalMachine, sink: OutputSink,
    visibleDevices: String? = nil
  ) {
    self.job = job
    self.environment = environment
    self.machine = machine
    self.sink = sink
    self.visibleDevices = visibleDevices
  }

  /// Runs the ranks until all have ended.
  /// - Parameters:
  ///   - cancellation: ends them from outside.
  ///   - body: what a rank does, in a copy of this process; nil to execute the job's program.
  /// - Returns: the code to exit with.
  /// - Throws: ``LaunchError`` when they cannot be started.
  public func run(cancellation: Cancellation, body: (() -> Never)? = nil) throws(LaunchError) -> Int32 {
    let processes = try rankProcesses()
    try checkCores(of: processes)
    let pidFile = try job.savePID ? PIDFile() : nil
    defer { pidFile?.remove() }
    let memory = MemoryEvents.now()
    let watch = job.watchesInput ? InputWatch(cancellation: cancellation) : nil
    defer { watch?.stop() }
    let outcome = try Supervisor(processes, grace: job.grace, cancellation: cancellation, sink: sink)
      .run(body: body)
    report(outcome, memory: memory)
    return outcome.exitCode
  }

  /// The processes to start, one for each slot of this node.
  /// Throws when a rank is to be bound to a core that this process may not use.
  private func checkCores(of processes: [SupervisedProcess]) throws(LaunchError) {
    let allowed = SystemCalls.affinity()
    // An empty list: the system did not tell.
    guard !allowed.isEmpty else { return }
    let wanted = processes.flatMap { $0.command.cores ?? [] }
    if let stranger = wanted.first(where: { !allowed.contains($0) }) {
      let list = allowed.map(String.init).joined(separator: ", ")
      throw .badValue(
        option: "--bind_core_list", found: "\(stranger)", expected: "cores that this process may use: \(list)")
    }
  }

  /// The processes of this node's ranks.
  func rankProcesses() throws(LaunchError) -> [SupervisedProcess] {
    let slots = job.pool.nodes[job.nodeRank].slots
    let binding =
      try job.bindCores
      ? CoreBinding(
        list: job.coreList, rankCount: slots.count, topology: machine.cores, environment: environment) : nil
    let threads = binding?.threadsPerRank ?? machine.cores.threadsPerRank(rankCount: slots.count)
    let logs = try job.rankLogFolder.map { folder throws(LaunchError) in try RankLogFolder(path: folder) }
    return slots.indices.map { localRank in
      let place = RankEnvironment(
        pool: job.pool, node: job.nodeRank, localRank: localRank, masterAddress: job.masterAddress,
        masterPort: job.masterPort)
      let words = job.program.words(localRank: localRank)
      let command = ProcessCommand(
        executable: words.executable, arguments: words.arguments,
        environment: variables(of: place, threads: threads, isBound: binding != nil),
        cores: binding?.coresOfRank[localRank],
        input: localRank == 0 && !job.watchesInput ? firstRankInput : .null)
      return SupervisedProcess(
        name: "rank \(place.rank)", prefix: job.prefixOutput ? "[rank \(place.rank)] " : "", command: command,
        logPath: logs?.path(ofRank: place.rank))
    }
  }

  /// What rank 0 of this node may read: a file or pipe given to the launcher, but not a terminal, from which
  /// processes in the background must not read.
  private var firstRankInput: ProcessCommand.Input { isatty(0) == 1 ? .null : .inherited }

  private func variables(of place: RankEnvironment, threads: Int, isBound: Bool) -> [String: String] {
    var result = environment
    result.merge(place.variables) { $1 }
    if !VisibleDevices.hidesAll(environment[VisibleDevices.variable] ?? "all") {
      let slots = job.pool.nodes[job.nodeRank].slots
      result[VisibleDevices.variable] = visibleDevices ?? VisibleDevices.value(slots.map(String.init))
    }
    if result[RankEnvironment.threadsVariable] == nil {
      result[RankEnvironment.threadsVariable] = "\(threads)"
    }
    if isBound { result["OMP_NUM_THREADS"] = "\(threads)" }
    // One rank may redraw a line in place, because the sink keeps other lines apart from it.
    if sink.isTerminal && !job.prefixOutput && place.rank == 0 {
      result[RankEnvironment.terminalWidthVariable] = "\(sink.terminalWidth)"
    } else {
      result[RankEnvironment.terminalWidthVariable] = nil
    }
    return result
  }

  private func report(_ outcome: SupervisionOutcome, memory: MemoryEvents) {
    let log = LaunchLog(level: job.logLevel, sink: sink)
    if let signal = outcome.cancellationSignal {
      log.note(.info, "ended by \(SignalName.of(signal)); no rank is left running.")
    }
    if outcome.forcedCount > 0 {
      log.note(.warning, "\(outcome.forcedCount) rank(s) did not end within \(job.grace) and were killed.")
    }
    guard let failure = outcome.failure else { return }
    let lines = FailureReport.lines(
      failure, processCount: outcome.exits.count, place: job.pool.nodes[job.nodeRank].host,
      evidence: MemoryEvents.now().evidence(since: memory, for: failure.exit))
    for line in lines { sink.write(line: line) }
  }
}

/// A file `/tmp/PID.deepspeed` with the launcher's process number, so that other programs can end the job.
struct PIDFile {
  let path: String

  init() throws(LaunchError) {
    path = "/tmp/\(getpid()).deepspeed"
    try TextFile.write("\(getpid())\n", to: path)
  }

  func remove() { unlink(path) }
}

/// The folder with one output file for each rank.
struct RankLogFolder {
  private let path: String
  private let stamp: String

  init(path: String) throws(LaunchError) {
    if mkdir(path, 0o755) != 0, errno != EEXIST {
      throw .file(path: path, action: "create folder", reason: systemError(errno))
    }
    self.path = path
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%d_%H-%M-%S", &parts)
    stamp = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func path(ofRank rank: Int) -> String { "\(path)/\(stamp)_rank\(rank).log" }
}
