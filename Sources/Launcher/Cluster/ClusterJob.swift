/// A job on several nodes, with all that a way of starting it needs to know.
public struct ClusterJob: Sendable {
  /// What the nodes run.
  public var node: NodeJob
  /// The path of the launcher's program on every node.
  public var launcher: String
  /// The folder to run in, on every node.
  public var currentFolder: String
  /// Variables to set on every node.
  public var exports: [(name: String, value: String)]
  /// Further words for ssh, pdsh, mpirun or srun.
  public var methodArguments: [String] = []
  /// The port of ssh; nil for its default.
  public var sshPort: Int?
  /// A script to source on every node.
  public var environmentScript: String?
  /// The hostfile as it was given, for launchers that read it themselves.
  public var hostfile = Hostfile.defaultPath

  /// A job on several nodes.
  public init(
    node: NodeJob, launcher: String, currentFolder: String, exports: [(name: String, value: String)]
  ) {
    self.node = node
    self.launcher = launcher
    self.currentFolder = currentFolder
    self.exports = exports
  }

  var pool: ResourcePool { node.pool }

  /// The line that a remote shell runs for a node's agent.
  func agentLine(_ arguments: [String]) -> String {
    var line = "cd \(ShellText.quoted(currentFolder)) && "
    if let environmentScript { line += ". \(ShellText.quoted(environmentScript)) && " }
    let variables = exports.map { "\($0.name)=\($0.value)" }
    return line + "exec " + ShellText.joined(["env"] + variables + [launcher] + arguments)
  }

  /// The words that start one rank where a scheduler of its own places the ranks.
  var rankWords: [String] { [launcher] + RankJob(node: node).arguments }

  /// The slots of each node, for launchers that need the same number everywhere.
  func uniformSlotCount(for method: LaunchMethod) throws(LaunchError) -> Int {
    if let count = pool.uniformSlotCount { return count }
    throw .conflictingOptions(
      ["--launcher \(method.rawValue)", "different slots= in the hostfile"],
      reason: "it starts the same number of ranks on every node; use --launcher ssh for uneven nodes")
  }
}

/// The commands that start a job on several nodes, as values.
public struct ClusterLaunch: Sendable, Equatable {
  /// One command to run on the launching machine.
  public struct Command: Sendable, Equatable {
    /// What it is called in reports.
    public var name: String
    /// The program and its arguments.
    public var words: [String]
    /// Whether the command ends when its input ends.
    public var endsWithInput = false
  }

  /// What to start; the job ends when one of them fails.
  public var commands: [Command]
  /// Variables to add to those of the launcher.
  public var variables: [String: String] = [:]
  /// A file to write before, with its text.
  public var file: (path: String, text: String)?
  /// What to run when the job is ended from outside, where ending the commands is not enough.
  public var stopWords: [String] = []

  /// Equal when they start the same commands, set the same variables and write the same file.
  public static func == (left: ClusterLaunch, right: ClusterLaunch) -> Bool {
    left.commands == right.commands && left.variables == right.variables && left.stopWords == right.stopWords
      && left.file?.path == right.file?.path && left.file?.text == right.file?.text
  }

  /// The commands of a way to start jobs.
  /// - Throws: ``LaunchError`` when the job does not fit the method.
  public init(_ job: ClusterJob, method: LaunchMethod) throws(LaunchError) {
    switch method {
    case .ssh: self = .ssh(job)
    case .pdsh: self = .pdsh(job)
    case .openmpi: self = .openMPI(job)
    case .mpich: self = try .mpich(job)
    case .impi: self = try .intelMPI(job)
    case .slurm: self = .slurm(job)
    case .mvapich: self = try .mvapich(job)
    }
  }

  init(commands: [Command]) { self.commands = commands }

  init(name: String, words: [String]) { commands = [Command(name: name, words: words)] }
}
