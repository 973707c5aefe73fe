import ArgumentParser
import Collectives
import Models
import Monitoring
import Training
import ZeRO

/// `deepspeed bench states`: what every rank keeps and sends at a ZeRO stage, beside the formula.
struct BenchStates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "states", abstract: "Measure model states, resident memory and bytes on the wire beside ZeRO's formulas.",
    discussion: """
      Prints a table with a row for each rank, and a line 'RESULT {...}' with the largest deviations. States and \
      resident memory are those between a backward pass and its step; gathered is the most that was whole at one time \
      at stage 3, peak the growth of resident memory at the highest point of a step.
      """)

  @Option(help: "tiny, small, gpt2, smollm2, llama-650m or llama-4b.")
  var size: TrainingBenchmark.Size = .smollm2

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .bf16

  @Option(help: "The ZeRO stage.")
  var zero: Int = 3

  @OptionGroup var launch: LaunchArguments

  func validate() throws {
    guard (0...3).contains(zero) else { throw ValidationError("--zero is \(zero), expected 0 to 3") }
  }

  func run() throws {
    try reportingFailures {
      if launch.isSingleRank || RankProcess.isRank { try runRank() } else { try launch.runRanks(runRank) }
    }
  }

  private func runRank() throws {
    try reportingFailures { try RankProcess.run(timeout: .seconds(600)) { try measure($0) } }
  }

  private func measure(_ context: RankContext) throws {
    let result = try StateBenchmark(size: size, precision: dtype.floatType, stage: zero).run(group: context.world)
    let own = [
      result.stateBytes.total, result.formulaBytes.total, result.paddingBytes, result.residentBytes, result.sentBytes,
      result.formulaSentBytes, result.gatheredBytes, result.peakBytes,
    ]
    let text = own.map(String.init).joined(separator: " ")
    let rows = try context.world.allGather(bytes: Array(text.utf8), label: "states").map { bytes in
      String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    }
    guard context.rank == 0 else { return }
    var table = TextTable([
      .init("rank", .right), .init("states", .right), .init("formula", .right), .init("padding", .right),
      .init("deviation", .right), .init("resident", .right), .init("of states", .right), .init("sent", .right),
      .init("formula", .right), .init("deviation", .right), .init("gathered", .right), .init("peak", .right),
    ])
    var worst = (states: 0.0, resident: 0.0, sent: 0.0)
    for (rank, row) in rows.enumerated() {
      let states = deviation(row[0], row[1] + row[2])
      let resident = deviation(row[3], row[0])
      let sent = deviation(row[4], row[5])
      worst = (max(worst.states, abs(states)), max(worst.resident, abs(resident)), max(worst.sent, abs(sent)))
      table.append([
        "\(rank)", NumberText.bytes(row[0]), NumberText.bytes(row[1]), NumberText.bytes(row[2]), percent(states),
        NumberText.bytes(row[3]), percent(resident), NumberText.bytes(row[4]), NumberText.bytes(row[5]), percent(sent),
        NumberText.bytes(row[6]), NumberText.bytes(row[7]),
      ])
    }
    Output.write(table.rendered() + "\n")
    let values: [String: ConfigurationValue] = [
      "size": .string(size.rawValue), "dtype": .string(dtype.rawValue), "zero": .integer(zero),
      "world": .integer(context.worldSize), "states": .integer(rows[0][0]),
      "states_deviation": .number(worst.states), "resident_deviation": .number(worst.resident),
      "sent_deviation": .number(worst.sent),
    ]
    Output.write(try BenchmarkFigures.line(values) + "\n")
  }

  private func deviation(_ measured: Int, _ expected: Int) -> Double {
    expected == 0 ? Double(measured) : Double(measured) / Double(expected) - 1
  }

  private func percent(_ value: Double) -> String { "\(value < 0 ? "" : "+")\(NumberText.fixed(value * 100, 2)) %" }
}
