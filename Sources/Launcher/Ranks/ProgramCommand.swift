/// The command line of one rank's program.
public struct ProgramCommand: Sendable, Equatable {
  /// The program as it was named.
  public var program: String
  /// What the program gets as its command line, in order.
  public var arguments: [String]
  /// How it is started.
  public var kind: LaunchOptions.ProgramKind
  /// Whether a Python program gets `--local_rank=N`.
  public var passesLocalRank: Bool

  /// A program of a job.
  public init(
    program: String, arguments: [String], kind: LaunchOptions.ProgramKind = .automatic,
    passesLocalRank: Bool = true
  ) {
    self.program = program
    self.arguments = arguments
    self.kind = kind
    self.passesLocalRank = passesLocalRank
  }

  /// The executable and its arguments for one rank.
  ///
  /// Python files and modules run as `python3 -u`, unbuffered so that their output arrives in time, with
  /// `--local_rank=N` before their arguments as such scripts expect. All other programs get their arguments
  /// unchanged and find their rank in the environment.
  public func words(localRank: Int) -> (executable: String, arguments: [String]) {
    let rankArgument = passesLocalRank ? ["--local_rank=\(localRank)"] : []
    switch kind {
    case .pythonModule: return ("python3", ["-u", "-m", program] + rankArgument + arguments)
    case .automatic where program.hasSuffix(".py"):
      return ("python3", ["-u", program] + rankArgument + arguments)
    case .automatic, .executable: return (program, arguments)
    }
  }
}
