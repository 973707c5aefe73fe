import ArgumentParser
import Collectives
import Models
import Monitoring
import Training

/// `deepspeed bench largest`: the largest model within a budget of memory for each rank, at two ZeRO stages.
struct BenchLargest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "largest",
    abstract: "Find the largest model whose states fit a budget of memory for each rank, at stages 0 and 3.",
    discussion: """
      Builds and trains Llamas of growing depth until one more block does not fit: model states and the growth of \
      resident memory of every rank have to stay within the budget. Prints what was found at each stage, and a line \
      'RESULT {...}' with the ratio of the parameters.
      """)

  @Option(help: "Memory of a rank for model states, such as 400MB.")
  var budget: String = "400MB"

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  @OptionGroup var launch: LaunchArguments

  private static let stages = [0, 3]

  func validate() throws { _ = try ByteSize.parse(budget, option: "--budget") }

  func run() throws {
    try reportingFailures {
      if launch.isSingleRank || RankProcess.isRank { try runRank() } else { try launch.runRanks(runRank) }
    }
  }

  private func runRank() throws {
    try reportingFailures { try RankProcess.run(timeout: .seconds(600)) { try search($0) } }
  }

  private func search(_ context: RankContext) throws {
    let limit = try ByteSize.parse(budget, option: "--budget")
    let benchmark = LargestModelBenchmark(budget: limit, precision: dtype.floatType)
    var table = TextTable([
      .init("stage", .right), .init("blocks", .right), .init("parameters", .right), .init("states", .right),
      .init("resident", .right), .init("peak of a step", .right),
    ])
    var counts: [Int] = []
    for stage in Self.stages {
      let found = try benchmark.run(stage: stage, group: context.world) { model in
        guard context.rank == 0 else { return }
        ProgressBar.writeToStandardError(
          "stage \(stage), \(model.layerCount) blocks: states \(NumberText.bytes(model.stateBytes)), "
            + "resident \(NumberText.bytes(model.residentBytes))\n")
      }
      guard let found else {
        throw CommandFailure(
          message: "not even a model of one block fits \(budget) at stage \(stage); give --budget more")
      }
      counts.append(found.parameterCount)
      table.append([
        "\(stage)", "\(found.layerCount)", "\(found.parameterCount)", NumberText.bytes(found.stateBytes),
        NumberText.bytes(found.residentBytes), NumberText.bytes(found.peakBytes),
      ])
    }
    guard context.rank == 0 else { return }
    Output.write(table.rendered() + "\n")
    let values: [String: ConfigurationValue] = [
      "budget": .integer(limit), "dtype": .string(dtype.rawValue), "world": .integer(context.worldSize),
      "stage0_params": .integer(counts[0]), "stage3_params": .integer(counts[1]),
      "ratio": .number(Double(counts[1]) / Double(counts[0])),
    ]
    Output.write(try BenchmarkFigures.line(values) + "\n")
  }
}
