import ArgumentParser
import Glibc
import Launcher
import Monitoring

/// `deepspeed`: one program for launching, training, generating, serving and looking after files.
@main
struct DeepSpeedCommand {
  /// Names under which DeepSpeed users know some of the commands.
  private static let aliases = [
    "ds_report": ["report"], "ds_bench": ["bench"], "ds_io": ["bench", "io"],
    "ds_nvme_tune": ["bench", "io", "--search"], "zero_to_fp32": ["zero-to-fp32"],
  ]

  static func main() {
    var words = Array(CommandLine.arguments.dropFirst())
    if let code = JobLauncher.runInternalCommand(words) { leave(code) }
    let name = CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? ""
    if let alias = aliases[name] { words = alias + words }
    leave(after: {
      var command = try Root.parseAsRoot(words)
      // A file beyond the limit of `ulimit -f` is then an error of that write; other programs keep their ways.
      if !(command is Launch) { signal(SIGXFSZ, SIG_IGN) }
      try command.run()
    })
  }

  /// Runs `body` and ends this process, with the one line of its error if it throws.
  static func leave(after body: () throws -> Void) -> Never {
    do {
      try body()
      leave(EXIT_SUCCESS)
    } catch let failure as CommandFailure {
      ProgressBar.writeToStandardError("deepspeed: \(failure.message)\n")
      leave(failure.code)
    } catch {
      // Help, version and mistakes in the command line.
      Root.exit(withError: error)
    }
  }

  private static func leave(_ code: Int32) -> Never { Root.exit(withError: ExitCode(code)) }
}

/// The commands of `deepspeed`.
struct Root: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deepspeed", abstract: "Train, align and serve language models with ZeRO, without Python.",
    discussion: """
      deepspeed --num_gpus 2 PROGRAM ARGS starts PROGRAM on two ranks, as DeepSpeed's launcher does.
      deepspeed train --model MODEL --data FILE trains a Hugging Face folder or GGUF file on a text.
      """,
    version: version,
    subcommands: [
      Train.self, Generate.self, Chat.self, Evaluate.self, Plan.self, Config.self, Report.self, Launch.self, ZeroToFP32.self,
      Bench.self,
    ], defaultSubcommand: Launch.self)

  /// The version of DeepSpeed for Swift.
  static let version = "0.1.0"
}

/// An error of a command, as the one line that the user sees.
struct CommandFailure: Error {
  let message: String
  let code: Int32

  init(_ error: any Error, code: Int32 = 1) {
    message = "\(error)"
    self.code = code
  }

  init(message: String, code: Int32 = 1) {
    self.message = message
    self.code = code
  }
}

/// Runs the body of a command; whatever it throws becomes the user's one line.
func reportingFailures<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let failure as CommandFailure {
    throw failure
  } catch let exit as ExitCode {
    throw exit
  } catch {
    throw CommandFailure(error)
  }
}
