import Glibc

/// The launcher: starts a program once for every slot of a job, on this machine or on several, and ends with
/// the job's exit code.
public struct JobLauncher: Sendable {
  /// What was asked for.
  public var options: LaunchOptions
  /// The variables of the launcher.
  public var environment: [String: String]
  /// What the machine that launches has: its name, cores and GPUs.
  public var machine: LocalMachine
  /// Where output goes.
  public var sink: OutputSink
  /// The program that agents on other nodes run: this one, at the same path.
  public var launcherPath = LocalMachine.executablePath()

  private static let sshLimit = Duration.seconds(30)

  /// A launcher on the machine it runs on.
  public init(
    options: LaunchOptions, environment: [String: String] = ProcessEnvironment.current(),
    machine: LocalMachine = .current(), sink: OutputSink = .standard()
  ) {
    self.options = options
    self.environment = environment
    self.machine = machine
    self.sink = sink
  }

  /// Launches a job for the command line: Ctrl-C ends it, errors become one line.
  /// - Parameters:
  ///   - options: what to launch.
  ///   - body: what the options' program does with their arguments, where that program is this one: ranks on
  ///     this machine are then copies of this process, which must have one thread, and load no libraries.
  /// - Returns: the code to exit with: the job's, or 2 when it could not be launched.
  public static func main(_ options: LaunchOptions, body: (() -> Never)? = nil) -> Int32 {
    exitCode { trap throws(LaunchError) in
      try JobLauncher(options: options).run(cancellation: trap, body: body)
    }
  }

  /// Runs the launcher's own commands, by which it starts itself on other nodes and below mpirun or srun.
  /// - Parameter arguments: those of this process, without the program's name.
  /// - Returns: the code to exit with, or nil when the arguments are none of these commands.
  public static func runInternalCommand(_ arguments: [String]) -> Int32? {
    switch arguments.first {
    case NodeJob.commandName:
      exitCode { trap throws(LaunchError) in
        let job = try NodeJob(arguments: Array(arguments.dropFirst()))
        return try NodeLauncher(
          job: job, environment: ProcessEnvironment.current(), machine: .current(), sink: .standard()
        ).run(cancellation: trap)
      }
    case RankJob.commandName:
      exitCode { _ throws(LaunchError) in
        try RankJob(arguments: Array(arguments.dropFirst())).becomeProgram(
          environment: ProcessEnvironment.current())
      }
    default: nil
    }
  }

  /// Launches the job and waits for its end.
  /// - Parameters:
  ///   - cancellation: ends it from outside.
  ///   - body: as in ``main(_:body:)``.
  /// - Returns: the code to exit with.
  /// - Throws: ``LaunchError`` when it cannot be launched.
  public func run(cancellation: Cancellation, body: (() -> Never)? = nil) throws(LaunchError) -> Int32 {
    let log = LaunchLog(level: options.logLevel, sink: sink)
    try options.validate()
    _ = try RankEnvironment.threadCount(environment: environment)
    let plan = try LaunchPlan(options: options, environment: environment, machine: machine)
    for notice in plan.notices { log.note(.warning, notice) }
    if plan.isMultiNode { return try runOnCluster(plan, log: log, cancellation: cancellation) }
    let job = try localJob(plan)
    return try NodeLauncher(
      job: job, environment: environment, machine: machine, sink: sink, visibleDevices: plan.visibleDevices
    ).run(cancellation: cancellation, body: body)
  }

  func localJob(_ plan: LaunchPlan) throws(LaunchError) -> NodeJob {
    let nodeRank = options.noSSH ? options.nodeRank ?? 0 : 0
    guard plan.pool.nodes.indices.contains(nodeRank) else {
      throw .badValue(
        option: "--node_rank", found: "\(nodeRank)", expected: "0 to \(plan.pool.nodes.count - 1)")
    }
    // Two jobs that start at the same time on one machine would both find the standard port free.
    let isHere = !options.noSSH && options.masterAddress.isEmpty
    let port = try MasterPort.resolve(requested: options.masterPort ?? (isHere ? 0 : nil), isHere: isHere)
    let address = options.masterAddress.isEmpty ? "127.0.0.1" : options.masterAddress
    return nodeJob(plan.pool, nodeRank: nodeRank, address: address, port: port)
  }

  private func nodeJob(_ pool: ResourcePool, nodeRank: Int, address: String, port: Int) -> NodeJob {
    var job = NodeJob(
      pool: pool, nodeRank: nodeRank, masterAddress: address, masterPort: port,
      program: ProgramCommand(
        program: options.program, arguments: options.arguments, kind: options.programKind,
        passesLocalRank: !options.noLocalRank))
    job.bindCores = options.bindCores
    job.coreList = options.coreList
    job.rankLogFolder = options.rankLogFolder
    job.prefixOutput = options.prefixOutput
    job.savePID = options.savePID
    job.logLevel = options.logLevel
    job.grace = options.grace
    return job
  }

  private func runOnCluster(
    _ plan: LaunchPlan, log: LaunchLog, cancellation: Cancellation
  ) throws(LaunchError) -> Int32 {
    let address = try masterAddress(plan.pool)
    let port = try MasterPort.resolve(
      requested: options.masterPort, isHere: machine.isNamed(plan.pool.nodes[0].host))
    let folder = currentFolder()
    let exports = try ExportedEnvironment.variables(of: environment, currentFolder: folder)
    var node = nodeJob(plan.pool, nodeRank: 0, address: address, port: port)
    node.tag = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    var job = ClusterJob(node: node, launcher: launcherPath, currentFolder: folder, exports: exports)
    job.methodArguments = try ShellText.split(options.methodArguments, option: "--launcher_args")
    job.sshPort = options.sshPort
    job.environmentScript = options.environmentScript
    job.hostfile = options.hostfile
    try refuseFilters()
    let launch = try ClusterLaunch(job, method: options.method)
    log.note(
      .info,
      "\(plan.pool.worldSize) ranks on \(plan.pool.nodes.count) nodes by \(options.method.rawValue); "
        + "they meet at \(address):\(port).")
    for command in launch.commands { log.note(.debug, ShellText.joined(command.words)) }
    let cluster = ClusterLauncher(launch: launch, environment: environment, grace: options.grace, log: log)
    do throws(LaunchError) {
      return try cluster.run(cancellation: cancellation)
    } catch .programNotFound(let program, _) {
      throw .programNotFound(
        program: program, remedy: "Install it on this machine, or use --launcher ssh, which needs only ssh")
    }
  }

  /// MPI launchers place ranks by the hostfile itself, so a filter would be overlooked.
  private func refuseFilters() throws(LaunchError) {
    guard [.openmpi, .mpich, .impi, .mvapich].contains(options.method), options.filter != ResourceFilter()
    else {
      return
    }
    throw .conflictingOptions(
      ["--launcher \(options.method.rawValue)", "--include, --exclude, --num_nodes or --num_gpus"],
      reason: "it runs on every slot of the hostfile; write a hostfile with the slots to use")
  }

  /// The address of the first node: as given, or what that node says, or its name.
  private func masterAddress(_ pool: ResourcePool) throws(LaunchError) -> String {
    if !options.masterAddress.isEmpty { return options.masterAddress }
    let host = pool.nodes[0].host
    guard [.ssh, .pdsh].contains(options.method), !options.noSSHCheck else { return host }
    let port = options.sshPort.map { ["-p", "\($0)"] } ?? []
    let result = try CapturedCommand.run(
      "ssh", ["-o", "BatchMode=yes"] + port + [host, "hostname -I"], environment: environment,
      limit: Self.sshLimit)
    guard result.exit.isSuccess else {
      let words = result.errors.trimmed
      throw .unreachableHost(
        host: host, reason: words.isEmpty ? "ssh ended with \(result.exit.summary)" : words)
    }
    return result.output.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? host
  }

  private func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  private static func exitCode(_ body: (Cancellation) throws(LaunchError) -> Int32) -> Int32 {
    let trap = SignalTrap()
    do throws(LaunchError) {
      return try body(trap.cancellation)
    } catch {
      OutputSink.standard().write(line: "deepspeed: \(error)")
      return 2
    }
  }
}
