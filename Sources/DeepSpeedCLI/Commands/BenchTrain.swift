public import ArgumentParser
import Collectives
import Glibc
import Launcher
import Models
import RunSettings
import Torch
public import Training
import ZeRO

/// `deepspeed bench train`: training speed of a model of fixed shape.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Measure tokens a second, memory and start-up of training a model of fixed shape.",
    discussion: """
      Prints one line 'RESULT {...}' with medians over the counted steps. With states or parameters in files it also says
      how long computing (CPU time over threads) and the files alone take, and the step over the larger of the two.
      """)

  @Option(
    help: "tiny (3.3 M parameters), small (13.9 M), gpt2 (124 M), smollm2 (135 M), llama-650m or llama-4b.")
  var size: TrainingBenchmark.Size = .tiny

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  @Option(help: "The ZeRO stage.")
  var zero: Int = 2

  @Option(
    name: .customLong("deepspeed_config"),
    help: ArgumentHelp("A config to use instead of --dtype and --zero.", valueName: "file"))
  var configuration: String?

  @Option(name: .customLong("seq_len"), help: "Tokens of a sequence; those of the shape, unless given.")
  var sequenceLength: Int?

  @Option(help: "Optimizer steps.")
  var steps: Int = 10

  @Option(help: "Steps that are not counted.")
  var warmup: Int = 3

  @Option(
    help: ArgumentHelp(
      "Measure a peer in turn with us: a shell command that prints such a line. "
        + "Both find T0, the time of launch, and OMP_NUM_THREADS, their share of the cores.",
      valueName: "command"))
  var beside: String?

  @Option(help: "Rounds of one run each, with --beside.")
  var rounds: Int = 5

  @Option(help: "A file for the comparison as JSON, with --beside.")
  var json: String?

  @OptionGroup var launch: LaunchArguments

  func validate() throws {
    guard (0...3).contains(zero) else { throw ValidationError("--zero is \(zero), expected 0 to 3") }
    guard steps > warmup, warmup >= 0 else {
      throw ValidationError("--steps \(steps) with --warmup \(warmup) leaves no step to count")
    }
    guard rounds > 0 else { throw ValidationError("--rounds is \(rounds), expected at least 1") }
    guard json == nil || beside != nil else {
      throw ValidationError("--json is the file of --beside, which is not given")
    }
  }

  func run() throws {
    try reportingFailures {
      if let beside {
        try BesidePeer(command: beside, rounds: rounds, table: json, ranks: launch.rankCount ?? 1).run()
        return
      }
      // The clock of start-up begins with this process, before the ranks are started.
      if getenv(LaunchTime.variable) == nil { setenv(LaunchTime.variable, "\(LaunchTime.ofThisProcess)", 1) }
      if launch.isSingleRank || RankProcess.isRank { try runRank() } else { try launch.runRanks(runRank) }
    }
  }

  private func runRank() throws {
    try reportingFailures { try RankProcess.run(timeout: .seconds(600)) { try measure($0) } }
  }

  private func measure(_ context: RankContext) throws {
    let start = getenv(LaunchTime.variable).flatMap { Double(String(cString: $0)) } ?? LaunchTime.ofThisProcess
    var firstStep = 0.0
    var benchmark = TrainingBenchmark(
      size: size, precision: dtype.floatType, stage: zero, steps: steps, warmUpSteps: warmup)
    benchmark.sequenceLength = sequenceLength
    benchmark.configuration = configuration.map { .file(path: $0) }
    let result = try benchmark.run(
      group: context.world, sentBetweenHosts: { context.sent.betweenHosts },
      onFirstStep: { firstStep = LaunchTime.now - start })
    guard context.rank == 0 else { return }
    var values: [String: ConfigurationValue] = [
      "engine": .string("deepspeed-swift"), "size": .string(size.rawValue),
      "dtype": .string(DTypeArgument(result.dtype)?.rawValue ?? result.dtype.name), "zero": .integer(result.stage), "world": .integer(context.worldSize), "threads": .integer(Torch.threadCount),
      "params": .integer(result.parameterCount), "tok_s": .number(result.tokensPerSecond),
      "step_ms": .number(result.medianSeconds * 1e3), "min_ms": .number((result.stepSeconds.first ?? 0) * 1e3),
      "cpu_ms": .number(result.stepCPUSeconds[result.stepCPUSeconds.count / 2] * 1e3),
      "rss_mb": .array(result.peakResidentBytes.map { .integer($0 >> 20) }), "first_step_s": .number(firstStep),
      "mfu": .number(result.utilization), "peak_gflops": .number(result.peakFlops / 1e9),
      "sent_bytes": .integer(result.sentBytes), "between_hosts_bytes": .integer(result.sentBetweenHosts),
      "state_bytes": .integer(result.modelStateBytes.total),
      "loss_first": .number(result.losses.first ?? 0), "loss_last": .number(result.losses.last ?? 0),
    ]
    if let parts = result.parts {
      values["compute_ms"] = .number(parts.compute * 1e3)
      values["transfer_ms"] = .number(parts.transfer * 1e3)
      values["step_to_larger"] = .number(parts.ratio)
    }
    Output.write(try BenchmarkFigures.line(values) + "\n")
  }
}

extension TrainingBenchmark.Size: ExpressibleByArgument {}

extension DTypeArgument {
  var floatType: FloatType {
    switch self {
    case .f32: .float32
    case .bf16: .bfloat16
    case .f16: .float16
    }
  }
}
