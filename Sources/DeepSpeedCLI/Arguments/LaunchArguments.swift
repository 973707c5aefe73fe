import ArgumentParser
import Glibc
import Launcher

/// The flags of DeepSpeed's launcher, under their own names.
struct LaunchArguments: ParsableArguments {
  @Option(
    name: [.customLong("num_gpus"), .customLong("num_accelerators"), .customLong("num-gpus")],
    parsing: .unconditional,
    help: ArgumentHelp("Ranks on each node; on a machine without GPUs each rank gets a share of the cores.", valueName: "n"))
  var rankCount: Int?

  @Option(name: [.customLong("num_nodes")], parsing: .unconditional,
    help: ArgumentHelp("Nodes of the hostfile to use.", valueName: "n"))
  var nodeCount: Int?

  @Option(name: [.customShort("H"), .customLong("hostfile")], help: "Lines of '<host> slots=<n>'.")
  var hostfile: String = Hostfile.defaultPath

  @Option(name: [.customShort("i"), .customLong("include")],
    help: "Nodes and slots to use: NODE[:slot,...][@NODE...].")
  var include: String = ""

  @Option(name: [.customShort("e"), .customLong("exclude")], help: "Nodes and slots not to use.")
  var exclude: String = ""

  @Option(name: .customLong("master_addr"),
    help: "Where the ranks meet; the first node's address by default.")
  var masterAddress: String = ""

  @Option(name: .customLong("master_port"), parsing: .unconditional,
    help: "The port at which the ranks meet; 29500, or a free one where that is taken.")
  var masterPort: Int?

  @Option(name: .customLong("node_rank"), parsing: .unconditional, help: "This node's number, with --no_ssh.")
  var nodeRank: Int?

  @Option(name: .customLong("launcher"), help: "ssh, pdsh, openmpi, mpich, impi, slurm or mvapich.")
  var launcher: String = LaunchMethod.ssh.rawValue

  @Option(name: .customLong("launcher_args"), help: "Further arguments of that launcher.")
  var launcherArguments: String = ""

  @Option(name: .customLong("ssh_port"), parsing: .unconditional, help: "The port of ssh on the nodes.")
  var sshPort: Int?

  @Option(name: .customLong("venv_script"), help: "A script that each node sources first.")
  var environmentScript: String?

  @Option(name: .customLong("enable_each_rank_log"), help: "A folder for one log a rank.")
  var rankLogFolder: String?

  @Option(name: .customLong("bind_core_list"), help: "The cores to bind to, such as 0,2-5.")
  var coreList: String?

  @Option(name: .customLong("log_level"), help: "debug, info, warning or error.")
  var logLevel: String?

  @Flag(name: .customLong("bind_cores_to_rank"), help: "Give each rank cores of its own.")
  var bindCores = false

  @Flag(name: .customLong("prefix_output"), help: "Put [rank N] in front of each line.")
  var prefixOutput = false

  @Flag(name: .customLong("no_ssh"), help: "Each node is started by hand, with its --node_rank.")
  var noSSH = false

  @Flag(name: .customLong("no_ssh_check"), help: "Do not test ssh first.")
  var noSSHCheck = false

  @Flag(name: .customLong("force_multi"), help: "Use the multi-node way also for one node.")
  var forceMulti = false

  @Flag(name: .customLong("save_pid"), help: "Keep the launcher's process number in /tmp/<number>.deepspeed.")
  var savePID = false

  @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Only errors.")
  var isQuiet = false

  func validate() throws {
    if let rankCount, rankCount > LaunchOptions.mostRanks {
      throw ValidationError("--num_gpus is \(rankCount), expected at most \(LaunchOptions.mostRanks)")
    }
    if let logLevel, LaunchLog.Level(rawValue: logLevel) == nil {
      let names = LaunchLog.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--log_level is \(logLevel), expected one of \(names)")
    }
  }

  /// Less severe lines are not written; nil where nothing was said.
  var level: LaunchLog.Level? { isQuiet ? .error : logLevel.flatMap { LaunchLog.Level(rawValue: $0) } }

  /// The ranks of the whole job, where the command line alone says so: one node, its slots counted.
  var knownWorldSize: Int? {
    guard let rankCount, rankCount > 0, nodeCount == nil, !noSSH, access(hostfile, F_OK) != 0 else { return nil }
    return rankCount
  }

  /// True when one rank in this process is what was asked for.
  var isSingleRank: Bool {
    (rankCount ?? 1) == 1 && nodeCount == nil && include.isEmpty && exclude.isEmpty && !forceMulti && !noSSH
      && hostfile == Hostfile.defaultPath
  }

  /// Starts this very command once for each rank, waits for the ranks, and ends with their code.
  ///
  /// - Parameter body: what a rank does. Ranks on this machine are copies of this process; other nodes start
  ///   the program anew with its arguments, which must come to the same.
  /// - Throws: `LaunchError`, and the `ExitCode` of the job.
  func runRanks(_ body: @escaping () throws -> Void) throws -> Never {
    var options = try options(
      program: LocalMachine.executablePath(), arguments: Array(CommandLine.arguments.dropFirst()))
    options.programKind = .executable
    options.noLocalRank = true
    throw ExitCode(JobLauncher.main(options) { DeepSpeedCommand.leave(after: body) })
  }

  /// The launcher's options for a program.
  ///
  /// - Throws: `LaunchError`.
  func options(program: String, arguments: [String]) throws -> LaunchOptions {
    var options = LaunchOptions(program: program, arguments: arguments)
    options.hostfile = hostfile
    options.filter = ResourceFilter(include: include, exclude: exclude, nodeCount: nodeCount, slotsPerNode: rankCount)
    options.masterAddress = masterAddress
    options.masterPort = masterPort
    options.nodeRank = nodeRank
    options.method = try LaunchMethod(name: launcher)
    options.methodArguments = launcherArguments
    options.noSSH = noSSH
    options.noSSHCheck = noSSHCheck
    options.forceMulti = forceMulti
    options.sshPort = sshPort
    options.environmentScript = environmentScript
    options.savePID = savePID
    options.rankLogFolder = rankLogFolder
    options.prefixOutput = prefixOutput
    options.bindCores = bindCores
    options.coreList = coreList
    options.logLevel = level ?? .info
    return options
  }
}
