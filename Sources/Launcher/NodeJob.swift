/// What one node of a job has to run: the ranks of its slots. It travels to other nodes as arguments.
public struct NodeJob: Sendable, Equatable {
  /// The command of the `deepspeed` program that runs a node's part of a job.
  public static let commandName = "launch-node"

  /// All nodes of the job.
  public var pool: ResourcePool
  /// Which of them this one is.
  public var nodeRank: Int
  /// The address of rank 0's machine.
  public var masterAddress: String
  /// The port of rank 0.
  public var masterPort: Int
  /// What every rank runs.
  public var program: ProgramCommand
  /// Whether each rank is bound to its share of the cores.
  public var bindCores = false
  /// The cores to share out; nil for all physical ones.
  public var coreList: String?
  /// A folder for the output of each rank; nil for none.
  public var rankLogFolder: String?
  /// Whether lines show the rank that wrote them.
  public var prefixOutput = false
  /// Whether to write the launcher's process number to a file.
  public var savePID = false
  /// Whether to end the job when standard input ends, because the launcher on another node is gone.
  public var watchesInput = false
  /// A name by which the processes of this job can be found on a node.
  public var tag = ""
  /// What the node's launcher says itself.
  public var logLevel = LaunchLog.Level.info
  /// The time between asking ranks to end and killing them.
  public var grace = Supervisor.defaultGrace

  /// The job of one node.
  public init(
    pool: ResourcePool, nodeRank: Int, masterAddress: String, masterPort: Int, program: ProgramCommand
  ) {
    self.pool = pool
    self.nodeRank = nodeRank
    self.masterAddress = masterAddress
    self.masterPort = masterPort
    self.program = program
  }

  /// The arguments, from ``commandName`` on, that ``init(arguments:)`` reads back.
  public func arguments() -> [String] {
    var words = [
      Self.commandName, "--world_info=\(WorldInfo.encoded(pool))", "--node_rank=\(nodeRank)",
      "--master_addr=\(masterAddress)", "--master_port=\(masterPort)", "--log_level=\(logLevel.rawValue)",
      "--grace=\(grace.components.seconds)",
    ]
    switch program.kind {
    case .automatic: break
    case .pythonModule: words.append("--module")
    case .executable: words.append("--no_python")
    }
    if !program.passesLocalRank { words.append("--no_local_rank") }
    if bindCores { words.append("--bind_cores_to_rank") }
    if let coreList { words.append("--bind_core_list=\(coreList)") }
    if let rankLogFolder { words.append("--enable_each_rank_log=\(rankLogFolder)") }
    if prefixOutput { words.append("--prefix_output") }
    if savePID { words.append("--save_pid") }
    if watchesInput { words.append("--watch_input") }
    if !tag.isEmpty { words.append("--tag=\(tag)") }
    return words + ["--", program.program] + program.arguments
  }

  /// Reads the arguments after ``commandName``.
  /// - Throws: ``LaunchError`` for unknown, missing or malformed options.
  public init(arguments: [String]) throws(LaunchError) {
    guard let separator = arguments.firstIndex(of: "--"), separator + 1 < arguments.count else {
      throw .missingOption(option: "-- PROGRAM", reason: "\(Self.commandName) needs a program to run")
    }
    let options = try OptionWords(arguments[..<separator])
    let pool = try WorldInfo.decoded(options.text("--world_info"))
    let kind: LaunchOptions.ProgramKind =
      options.has("--module") ? .pythonModule : options.has("--no_python") ? .executable : .automatic
    self.init(
      pool: pool, nodeRank: try options.number("--node_rank", in: 0...pool.nodes.count - 1),
      masterAddress: try options.text("--master_addr"),
      masterPort: try options.number("--master_port", in: 1...65_535),
      program: ProgramCommand(
        program: arguments[separator + 1], arguments: Array(arguments[(separator + 2)...]), kind: kind,
        passesLocalRank: !options.has("--no_local_rank")))
    bindCores = options.has("--bind_cores_to_rank")
    coreList = options["--bind_core_list"]
    rankLogFolder = options["--enable_each_rank_log"]
    prefixOutput = options.has("--prefix_output")
    savePID = options.has("--save_pid")
    watchesInput = options.has("--watch_input")
    tag = options["--tag"] ?? ""
    logLevel = LaunchLog.Level(rawValue: options["--log_level"] ?? "") ?? .info
    if options.has("--grace") { grace = .seconds(try options.number("--grace", in: 0...86_400)) }
  }
}

/// The `--name` and `--name=value` words of a command of ours.
struct OptionWords {
  private var values: [String: String] = [:]

  init(_ words: ArraySlice<String>) throws(LaunchError) {
    for word in words {
      guard word.hasPrefix("--") else {
        throw .badValue(
          option: NodeJob.commandName, found: word, expected: "options of the form --name=value")
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
  }

  subscript(name: String) -> String? { values[name] }

  func has(_ name: String) -> Bool { values[name] != nil }

  func text(_ name: String) throws(LaunchError) -> String {
    guard let text = values[name], !text.isEmpty else {
      throw .missingOption(option: name, reason: "a node cannot run its part of a job without it")
    }
    return text
  }

  func number(_ name: String, in range: ClosedRange<Int>) throws(LaunchError) -> Int {
    let text = try text(name)
    guard let number = Int(text), range.contains(number) else {
      throw .badValue(
        option: name, found: text, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
