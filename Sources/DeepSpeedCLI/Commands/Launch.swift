import ArgumentParser
import Launcher

/// `deepspeed [launch] [options] PROGRAM ARGS`: any program on several ranks.
struct Launch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start a program on several ranks, on this machine or many (the default command).")

  @OptionGroup var launch: LaunchArguments

  @Flag(name: .customLong("module"), help: "PROGRAM is a Python module.")
  var isModule = false

  @Flag(name: .customLong("no_python"), help: "PROGRAM is started as it is, also when its name ends in .py.")
  var noPython = false

  @Flag(name: .customLong("no_local_rank"), help: "Do not add --local_rank=<n> to the arguments.")
  var noLocalRank = false

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard let word = command.first, word.hasPrefix("-"), !["-h", "--help", "--"].contains(word) else { return }
    throw ValidationError("Unknown option '\(word)'")
  }

  func run() throws {
    // The program's own words are passed on untouched, so the parser does not see a --help in front of it.
    let words = command.first == "--" ? command.dropFirst() : command[...]
    guard let program = words.first else { throw CleanExit.helpRequest(Root.self) }
    if ["-h", "--help"].contains(program) { throw CleanExit.helpRequest(Launch.self) }
    try reportingFailures {
      var options = try launch.options(program: program, arguments: Array(words.dropFirst()))
      options.programKind = isModule ? .pythonModule : noPython ? .executable : .automatic
      // Only scripts in DeepSpeed's own manner expect the argument; other programs read LOCAL_RANK.
      options.noLocalRank = noLocalRank || !(isModule || program.hasSuffix(".py"))
      throw ExitCode(JobLauncher.main(options))
    }
  }
}
