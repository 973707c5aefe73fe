import ArgumentParser
import Collectives
import Launcher
import Monitoring
import RunSettings
import Torch
import Training

/// `deepspeed train`: fine-tunes or pretrains a language model.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a Hugging Face folder or GGUF file on a text, JSON lines or token arrays.")

  @Option(help: "The model: a Hugging Face folder, or a .gguf file.")
  var model: String

  @Option(help: "The data: .txt, .jsonl (text, prompt/completion, messages) or .npy tokens.")
  var data: String

  @Option(name: [.customLong("deepspeed_config"), .customLong("config")], help: "The DeepSpeed JSON config.")
  var configuration: String?

  @Option(parsing: .unconditional, help: "Optimizer steps; one pass over the data by default.")
  var steps: Int?

  @Option(name: .customLong("seq_len"), parsing: .unconditional,
    help: "Tokens of a sequence; 1024, or the model's length where that is less.")
  var sequenceLength: Int?

  @Option(parsing: .unconditional, help: "The seed of shuffling, dropout and random weights.")
  var seed: UInt64 = 42

  @Flag(name: .customLong("no_shuffle"), help: "Take the rows in their order.")
  var noShuffle = false

  @Option(help: "A folder for checkpoints, the trained model and the plot.")
  var output: String?

  @Option(help: "A folder of checkpoints to go on from.")
  var resume: String?

  @Option(name: .customLong("save_interval"), parsing: .unconditional,
    help: "Save a checkpoint every so many steps.")
  var saveInterval: Int?

  @Option(name: .customLong("loss_csv"),
    help: "A table of every step: step,loss,lr,grad_norm,loss_scale,tokens_per_second,samples.")
  var lossTable: String?

  @Option(help: "Path pattern of parameters that are not trained, such as 'model.embed_tokens.*'; may be repeated.")
  var freeze: [String] = []

  @Flag(help: "Unknown top-level keys of the config are errors.")
  var strict = false

  @Option(name: .customLong("timeout"), parsing: .unconditional,
    help: "Minutes after which waiting ranks are compared; DEEPSPEED_TIMEOUT, or 10, by default.")
  var timeoutMinutes: Double?

  @OptionGroup var launch: LaunchArguments

  private static let minutesOfYear = 525_600.0

  func validate() throws {
    if let steps, steps < 1 { throw ValidationError("--steps is \(steps), expected at least 1") }
    if let saveInterval, saveInterval < 1 {
      throw ValidationError("--save_interval is \(saveInterval), expected at least 1")
    }
    _ = try timeout()
  }

  /// What the flag, or else the environment says.
  private func timeout() throws -> Duration {
    let variable = "DEEPSPEED_TIMEOUT"
    let text = Rendezvous.processVariable(variable)
    let (name, found, minutes) =
      timeoutMinutes.map { ("--timeout", "\($0)", Double?.some($0)) }
      ?? (variable, text ?? "", text.map(Double.init) ?? 10)
    guard let minutes, minutes > 0, minutes <= Train.minutesOfYear else {
      throw ValidationError("\(name) is \(found), expected minutes, more than 0 and at most a year")
    }
    return .seconds(minutes * 60)
  }

  func run() throws {
    try reportingFailures {
      if launch.isSingleRank || RankProcess.isRank { try runRank() } else { try launchRanks() }
    }
  }

  /// Starts this very command once for each rank.
  private func launchRanks() throws {
    // What can be seen to be wrong is said once, not by every rank.
    let run = try options()
    if let worldSize = launch.knownWorldSize {
      var facts = RunFacts(worldSize: worldSize)
      facts.totalSteps = run.steps
      _ = try RunPlan(
        run.configuration ?? .text(RunOptions.defaultConfiguration), facts: facts, strict: run.isStrict)
    }
    try launch.runRanks { try reportingFailures(runRank) }
  }

  private func runRank() throws {
    let options = try options()
    try RankProcess.run(timeout: timeout()) { context in
      let run = try TrainingRun(options: options, group: context.world) { line in
        if context.rank == 0 { ProgressBar.writeToStandardError(line + "\n") }
      }
      _ = try run.run()
    }
  }

  private func options() throws -> RunOptions {
    var options = RunOptions(model: model, data: data)
    options.configuration = try configuration.map { try ConfigurationSource(argument: $0) }
    options.steps = steps
    options.sequenceLength = sequenceLength
    options.seed = seed
    options.shuffles = !noShuffle
    options.output = output
    options.resume = resume
    options.saveInterval = saveInterval
    options.lossTable = lossTable
    options.frozen = freeze
    options.isStrict = strict
    options.logLevel = launch.level.flatMap { LogLevel(rawValue: $0.rawValue) }
    options.cacheFolder = CacheFolder.tokens
    options.environment = ProcessEnvironment.current()
    return options
  }
}
