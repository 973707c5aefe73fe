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

  func run() throws {
    try reportingFailures {
      guard let program = command.first else { throw CleanExit.helpRequest(Root.self) }
      var options = try launch.options(program: program, arguments: Array(command.dropFirst()))
      options.programKind = isModule ? .pythonModule : noPython ? .executable : .automatic
      // Only scripts in DeepSpeed's own manner expect the argument; other programs read LOCAL_RANK.
      options.noLocalRank = noLocalRank || !(isModule || program.hasSuffix(".py"))
      throw ExitCode(JobLauncher.main(options))
    }
  }
}
