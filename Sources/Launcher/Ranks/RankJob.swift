import Glibc

/// One rank started by mpirun or srun: finds its place in their variables, then becomes the program.
public struct RankJob: Sendable, Equatable {
  /// The command of the `deepspeed` program that starts one rank.
  public static let commandName = "launch-rank"

  /// The job, whose node number is not known before the scheduler has placed the rank.
  public var node: NodeJob

  /// A rank of a job.
  public init(node: NodeJob) { self.node = node }

  /// The arguments, from ``commandName`` on, that ``init(arguments:)`` reads back.
  public var arguments: [String] {
    var words = node.arguments()
    words[0] = Self.commandName
    return words
  }

  /// Reads the arguments after ``commandName``.
  /// - Throws: ``LaunchError``.
  public init(arguments: [String]) throws(LaunchError) { node = try NodeJob(arguments: arguments) }

  /// The names by which schedulers tell a process its global and its local rank.
  private static let rankNames = [
    (rank: "OMPI_COMM_WORLD_RANK", local: "OMPI_COMM_WORLD_LOCAL_RANK"),
    (rank: "MV2_COMM_WORLD_RANK", local: "MV2_COMM_WORLD_LOCAL_RANK"),
    (rank: "SLURM_PROCID", local: "SLURM_LOCALID"),
    (rank: "PMI_RANK", local: "MPI_LOCALRANKID"),
    (rank: "PMIX_RANK", local: "PMIX_LOCAL_RANK"),
  ]

  /// The place of this process.
  /// - Parameter environment: the variables that the scheduler set.
  /// - Throws: ``LaunchError`` when none of the known schedulers started it.
  public func place(environment: [String: String]) throws(LaunchError) -> RankEnvironment {
    guard let names = Self.rankNames.first(where: { environment[$0.rank] != nil }) else {
      throw .missingVariable(
        name: Self.rankNames.map(\.rank).joined(separator: ", "),
        reason: "\(Self.commandName) runs below mpirun or srun, which set one of them")
    }
    let reader = VariableReader(environment: environment)
    let rank = try reader.number(names.rank, in: 0...node.pool.worldSize - 1)
    var index = 0
    while rank >= node.pool.firstRank(onNode: index + 1) { index += 1 }
    var place = RankEnvironment(
      pool: node.pool, node: index, localRank: rank - node.pool.firstRank(onNode: index),
      masterAddress: node.masterAddress, masterPort: node.masterPort)
    place.localRank = try reader.number(names.local, in: 0...place.localSize - 1, default: place.localRank)
    return place
  }

  /// Replaces this process by the program of its rank.
  /// - Throws: ``LaunchError`` when the place is unknown or the program cannot be executed.
  public func becomeProgram(environment: [String: String]) throws(LaunchError) -> Never {
    let place = try place(environment: environment)
    for (name, value) in place.variables { setenv(name, value, 1) }
    let words = node.program.words(localRank: place.localRank)
    guard let path = ExecutableSearch.path(of: words.executable, environment: environment) else {
      throw .programNotFound(program: words.executable, remedy: "It must be on every node, at the same path")
    }
    withCStrings([words.executable] + words.arguments) { _ = execv(path, $0) }
    throw .spawnFailed(program: words.executable, reason: systemError(errno))
  }
}
