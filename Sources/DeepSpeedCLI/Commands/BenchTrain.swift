import ArgumentParser
import Collectives
import Glibc
import Launcher
import Models
import RunSettings
import Torch
import Training

/// `deepspeed bench train`: training speed of a GPT of fixed shape.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Measure tokens a second, memory and start-up of training a GPT.",
    discussion: "Prints one line 'RESULT {...}' with medians over the counted steps.")

  @Option(help: "tiny (3.3 M parameters), small (13.9 M) or gpt2 (124 M).")
  var size: SizeArgument = .tiny

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  @Option(help: "The ZeRO stage.")
  var zero: Int = 2

  @Option(help: "Optimizer steps.")
  var steps: Int = 10

  @Option(help: "Steps that are not counted.")
  var warmup: Int = 3

  @OptionGroup var launch: LaunchArguments

  func validate() throws {
    guard (0...2).contains(zero) else { throw ValidationError("--zero is \(zero), expected 0, 1 or 2") }
    guard steps > warmup, warmup >= 0 else {
      throw ValidationError("--steps \(steps) with --warmup \(warmup) leaves no step to count")
    }
  }

  func run() throws {
    try reportingFailures {
      if launch.isSingleRank || RankProcess.isRank {
        try RankProcess.run(timeout: .seconds(600)) { try measure($0) }
        return
      }
      // The clock of start-up begins here, before the ranks are started.
      if getenv(BenchTrain.startVariable) == nil { setenv(BenchTrain.startVariable, "\(BenchTrain.now)", 1) }
      var options = try launch.options(
        program: LocalMachine.executablePath(), arguments: Array(CommandLine.arguments.dropFirst()))
      options.programKind = .executable
      options.noLocalRank = true
      throw ExitCode(JobLauncher.main(options))
    }
  }

  /// When the whole command began, in seconds since 1970; a script may set it for a peer and for us alike.
  private static let startVariable = "T0"

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func measure(_ context: RankContext) throws {
    let start = getenv(BenchTrain.startVariable).flatMap { Double(String(cString: $0)) } ?? ProcessStart.time
    var firstStep = 0.0
    let benchmark = TrainingBenchmark(
      size: size.size, precision: dtype.floatType, stage: zero, steps: steps, warmUpSteps: warmup)
    let result = try benchmark.run(group: context.world) { firstStep = BenchTrain.now - start }
    guard context.rank == 0 else { return }
    let values: [String: ConfigurationValue] = [
      "engine": .string("deepspeed-swift"), "size": .string(size.rawValue), "dtype": .string(dtype.rawValue),
      "zero": .integer(zero), "world": .integer(context.worldSize), "threads": .integer(Torch.threadCount),
      "params": .integer(result.parameterCount), "tok_s": .number(result.tokensPerSecond),
      "step_ms": .number(result.medianSeconds * 1e3), "min_ms": .number((result.stepSeconds.first ?? 0) * 1e3),
      "cpu_ms": .number(result.stepCPUSeconds[result.stepCPUSeconds.count / 2] * 1e3),
      "rss_mb": .array(result.peakResidentBytes.map { .integer($0 >> 20) }), "first_step_s": .number(firstStep),
      "mfu": .number(result.utilization), "peak_gflops": .number(result.peakFlops / 1e9),
      "loss_first": .number(result.losses.first ?? 0), "loss_last": .number(result.losses.last ?? 0),
    ]
    let line = try values.jsonText().split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    Output.write("RESULT \(line)\n")
  }
}

/// The sizes under the names of the command line.
enum SizeArgument: String, ExpressibleByArgument, CaseIterable {
  case tiny, small, gpt2

  var size: TrainingBenchmark.Size {
    switch self {
    case .tiny: .tiny
    case .small: .small
    case .gpt2: .gpt2
    }
  }
}

extension DTypeArgument {
  var floatType: FloatType {
    switch self {
    case .f32: .float32
    case .bf16: .bfloat16
    case .f16: .float16
    }
  }
}

/// When this process began.
private enum ProcessStart {
  /// Seconds since 1970, from the kernel's clock ticks since boot.
  static var time: Double {
    guard let file = fopen("/proc/self/stat", "r") else { return 0 }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    guard fgets(&buffer, Int32(buffer.count), file) != nil else { return 0 }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Field 22; the second field may hold spaces, but ends at the last parenthesis.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = Double(fields[20]) else { return 0 }
    var boot = timespec()
    var wall = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    clock_gettime(CLOCK_REALTIME, &wall)
    let sinceBoot = Double(boot.tv_sec) + Double(boot.tv_nsec) * 1e-9
    let now = Double(wall.tv_sec) + Double(wall.tv_nsec) * 1e-9
    return now - sinceBoot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
