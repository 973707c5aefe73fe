import ArgumentParser
import RunSettings

/// `deepspeed config`: checks a config and shows what it means.
struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a DeepSpeed config and print every effective value with its origin.")

  @Argument(help: "The config file, JSON text, or its base64.")
  var file: String

  @Option(name: [.customLong("num_gpus"), .customLong("world_size")], parsing: .unconditional,
    help: "Ranks of the run, for the batch arithmetic; by default the count that the batch sizes imply.")
  var worldSize: Int?

  @Flag(help: "Unknown top-level keys are errors.")
  var strict = false

  @Flag(help: "Print the values as JSON.")
  var json = false

  func validate() throws {
    if let worldSize, worldSize < 1 { throw ValidationError("--num_gpus is \(worldSize), expected at least 1") }
  }

  func run() throws {
    try reportingFailures {
      let report = try ConfigurationReport(
        try ConfigurationSource(argument: file), worldSize: worldSize, strict: strict)
      for warning in report.warnings where !json { Output.write("warning: \(warning)\n") }
      let table = EffectiveValuesTable(report.values)
      Output.write(json ? table.json : table.text)
    }
  }
}
