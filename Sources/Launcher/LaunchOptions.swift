/// How ranks on several nodes are started.
public enum LaunchMethod: String, Sendable, CaseIterable {
  /// One agent of this launcher per node, over plain ssh.
  case ssh
  /// One agent of this launcher per node, over pdsh.
  case pdsh
  /// One job of that MPI or of Slurm's `srun`, which starts every rank by itself; in the order of the
  /// names: Open MPI, MPICH, Intel MPI, Slurm, MVAPICH.
  case openmpi, mpich, impi, slurm, mvapich

  /// The method of that name, in whatever case it is written.
  /// - Throws: ``LaunchError/badValue(option:found:expected:)``.
  public init(name: String) throws(LaunchError) {
    guard let method = LaunchMethod(rawValue: name.lowercased()) else {
      throw .badValue(
        option: "--launcher", found: name,
        expected: "one of \(LaunchMethod.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = method
  }
}

/// What `deepspeed [OPTIONS] PROGRAM [ARGUMENTS]` was asked to do, one field for each option.
public struct LaunchOptions: Sendable, Equatable {
  /// What a program is and how it is started.
  public enum ProgramKind: Sendable, Equatable {
    /// By its name: a `.py` file runs with Python, anything else is executed.
    case automatic
    /// `--module`: a Python module by its dotted name, as `python -m` runs it.
    case pythonModule
    /// `--no_python`: executed whatever its name.
    case executable
  }

  /// The program to run on every rank.
  public var program: String
  /// Its arguments, passed on byte for byte.
  public var arguments: [String]
  /// `--module`, `--no_python`.
  public var programKind = ProgramKind.automatic
  /// `-H`, `--hostfile`.
  public var hostfile = Hostfile.defaultPath
  /// `--include`, `--exclude`, `--num_nodes`, `--num_gpus` (also `--num_accelerators`).
  public var filter = ResourceFilter()
  /// `--master_addr`; empty for the first host.
  public var masterAddress = ""
  /// `--master_port`; nil for 29500 or, where that is taken, a free one; 0 for any free one.
  public var masterPort: Int?
  /// `--node_rank`, needed with ``noSSH``.
  public var nodeRank: Int?
  /// `--launcher`.
  public var method = LaunchMethod.ssh
  /// `--launcher_args`: further arguments for ssh, pdsh, mpirun or srun, split as a shell would.
  public var methodArguments = ""
  /// `--no_local_rank`: do not add `--local_rank=N` to the arguments of a Python program.
  public var noLocalRank = false
  /// `--no_ssh`: this command is started on every node by other means.
  public var noSSH = false
  /// `--no_ssh_check`: do not try ssh before the launch.
  public var noSSHCheck = false
  /// `--force_multi`: treat a job on one node as one on several.
  public var forceMulti = false
  /// `--ssh_port`: where the ssh daemons of all nodes listen; nil: as ssh is set up.
  public var sshPort: Int?
  /// `--venv_script`: sourced on remote nodes before the program starts.
  public var environmentScript: String?
  /// `--save_pid`: write the launcher's process number to `/tmp/PID.deepspeed`.
  public var savePID = false
  /// `--enable_each_rank_log DIR`: a file with all output for each rank.
  public var rankLogFolder: String?
  /// Show which rank wrote a line: `[rank 3] ...`.
  public var prefixOutput = false
  /// `--bind_cores_to_rank`.
  public var bindCores = false
  /// `--bind_core_list`.
  public var coreList: String?
  /// `--log_level`, `--quiet`.
  public var logLevel = LaunchLog.Level.info
  /// `--autotuning`: `tune` or `run`.
  public var autotuning: String?
  /// `--elastic_training`: ranks may leave and join during the job. Not yet supported: a launch refuses it.
  public var elasticTraining = false
  /// `--min_elastic_nodes`: nodes below which an elastic job ends. Refused with `elasticTraining`.
  public var minElasticNodes: Int?
  /// `--max_elastic_nodes`: nodes above which none may join. Refused with `elasticTraining`.
  public var maxElasticNodes: Int?
  /// The time between asking ranks to end and killing them.
  public var grace = Supervisor.defaultGrace

  /// A launch of `program` on all slots of this machine or the hostfile.
  public init(program: String, arguments: [String] = []) {
    self.program = program
    self.arguments = arguments
  }

  /// Far more ranks than a node has, and nodes than a job has; a count beyond it is a slip of the finger.
  public static let mostRanks = 65_536

  /// Refuses what does not fit together, cannot be meant or does not exist yet.
  /// - Throws: ``LaunchError``.
  public func validate() throws(LaunchError) {
    try checkCounts()
    if autotuning != nil { throw .notYetSupported(option: "--autotuning") }
    if elasticTraining || minElasticNodes != nil || maxElasticNodes != nil {
      throw .notYetSupported(option: "--elastic_training")
    }
    if coreList != nil && !bindCores {
      throw .missingOption(
        option: "--bind_cores_to_rank", reason: "--bind_core_list only says which cores it uses")
    }
    if noSSH && nodeRank == nil {
      throw .missingOption(option: "--node_rank", reason: "with --no_ssh each node must be told its number")
    }
    if noSSH && masterAddress.isEmpty {
      throw .missingOption(
        option: "--master_addr", reason: "with --no_ssh nobody can ask the first host for it")
    }
  }

  private func checkCounts() throws(LaunchError) {
    let counts = [
      ("--num_gpus", filter.slotsPerNode, 1...Self.mostRanks),
      ("--num_nodes", filter.nodeCount, 1...Self.mostRanks),
      ("--node_rank", nodeRank, 0...Self.mostRanks - 1), ("--ssh_port", sshPort, 1...65_535),
    ]
    for (option, count, range) in counts {
      guard let count, !range.contains(count) else { continue }
      throw .badValue(
        option: option, found: "\(count)",
        expected: "\(range.lowerBound) or more, and at most \(range.upperBound)")
    }
  }
}
