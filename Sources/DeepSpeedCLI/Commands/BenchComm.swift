import ArgumentParser
import Collectives
import Models
import Monitoring
import Torch
import Training

/// `deepspeed bench comm`: the collectives of ranks on one machine, over each transport in turn.
struct BenchComm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comm", abstract: "Time collectives over shared memory and over Gloo, in turn.",
    discussion: """
      Prints the median time of one operation, the bytes of the whole tensor a second, and what rank 0 sent inside its \
      host and to other hosts. Sizes go from --minsize to \
      --maxsize in factors of four.
      """)

  @Argument(help: "all-reduce, reduce-scatter, all-gather, broadcast, all-to-all; all of them by default.")
  var operations: [String] = []

  @Option(help: ArgumentHelp("Bytes of the smallest tensor.", valueName: "bytes"))
  var minsize: Int = 1024

  @Option(help: ArgumentHelp("Bytes of the largest tensor.", valueName: "bytes"))
  var maxsize: Int = 64 << 20

  @Option(help: "f32, bf16 or f16.")
  var dtype: DTypeArgument = .f32

  @Option(help: "Timed rounds of each; the median counts.")
  var trials: Int = 7

  @Flag(help: "Print a line 'RESULT {...}' for each measurement of the chosen transport instead of a table.")
  var lines = false

  @Option(
    help: ArgumentHelp(
      "Measure a peer in turn with us; may be repeated. Its shell command prints, for each measurement, a line such as "
        + "RESULT {\"operation\": \"all-gather\", \"bytes\": 1024, \"us\": 1.5}",
      valueName: "name=command"))
  var beside: [BesideCommPeers.Peer] = []

  @Option(help: "Rounds of one run of each side, with --beside.")
  var rounds: Int = 5

  @Option(help: "A file for the comparison as JSON, with --beside.")
  var json: String?

  @OptionGroup var launch: LaunchArguments

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds is \(rounds), expected at least 1") }
    guard json == nil || !beside.isEmpty else {
      throw ValidationError("--json is the file of --beside, which is not given")
    }
    guard minsize > 0, maxsize >= minsize else {
      throw ValidationError("--minsize \(minsize) with --maxsize \(maxsize) leaves no size to time")
    }
    guard trials > 0 else { throw ValidationError("--trials is \(trials), expected at least 1") }
    _ = try chosenOperations()
    guard RankProcess.isRank || !launch.isSingleRank else {
      throw ValidationError("a single rank has nobody to talk to: ask for --num_gpus 2 or more")
    }
  }

  private func chosenOperations() throws -> [CollectiveOperation] {
    let known = CollectiveBenchmark.knownOperations
    if operations.isEmpty { return known }
    return try operations.map { name in
      guard let operation = known.first(where: { $0.rawValue == name }) else {
        let names = known.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("'\(name)' cannot be timed, expected one of \(names)")
      }
      return operation
    }
  }

  func run() throws {
    try reportingFailures {
      if !beside.isEmpty {
        return try BesideCommPeers(peers: beside, rounds: rounds, table: json, ranks: launch.rankCount ?? 1).run()
      }
      if RankProcess.isRank { try runRank() } else { try launch.runRanks(runRank) }
    }
  }

  private func runRank() throws {
    try reportingFailures { try RankProcess.run(timeout: .seconds(600)) { try measure($0) } }
  }

  private func measure(_ context: RankContext) throws {
    let sizes = Array(sequence(first: minsize) { $0 <= maxsize / 4 ? $0 * 4 : nil })
    let chosen = context.world.transport ?? .gloo
    let benchmark = CollectiveBenchmark(
      operations: try chosenOperations(), byteCounts: sizes, dtype: dtype.dtype, trials: trials,
      transports: chosen == .gloo || lines ? [chosen] : [chosen, .gloo])
    let isFirst = context.rank == 0
    if isFirst && !lines { Output.write(heading(context)) }
    let measurements = try benchmark.run(context)
    guard isFirst else { return }
    if lines { return try measurements.forEach(writeLine) }
    Output.write(table(measurements, of: chosen).rendered())
  }

  private func writeLine(_ measurement: CollectiveBenchmark.Measurement) throws {
    let values: [String: ConfigurationValue] = [
      "operation": .string(measurement.operation.rawValue), "bytes": .integer(measurement.byteCount),
      "us": .number(measurement.medianSeconds * 1e6),
    ]
    Output.write(try BenchmarkFigures.line(values) + "\n")
  }

  private func heading(_ context: RankContext) -> String {
    let hosts = context.hosts.hostCount
    var text = "\(context.worldSize) ranks" + (hosts > 1 ? " on \(hosts) hosts" : "")
    text += ", \(dtype.rawValue), median of \(trials) rounds in turn\n"
    if let note = context.world.transportNote { text += "flat collectives over all hosts: \(note)\n" }
    return text
  }

  /// A row for each operation and size: the chosen transport, and Gloo where that is another one.
  private func table(_ measurements: [CollectiveBenchmark.Measurement], of chosen: Transport) -> TextTable {
    let columns: [TextTable.Column] = [
      .init("operation"), .init("bytes", .right), .init("\(chosen.rawValue) us", .right), .init("GB/s", .right),
      .init("in host", .right), .init("between hosts", .right),
    ]
    let ofGloo: [TextTable.Column] = [
      .init("gloo us", .right), .init("GB/s", .right), .init("gloo / \(chosen.rawValue)", .right),
    ]
    var table = TextTable(columns + (chosen == .gloo ? [] : ofGloo))
    for own in measurements where own.transport == chosen {
      var row = [own.operation.rawValue, "\(own.byteCount)"] + figures(own)
      row += ["\(own.sent.withinHost)", "\(own.sent.betweenHosts)"]
      let gloo = measurements.first {
        $0.transport == .gloo && $0.operation == own.operation && $0.byteCount == own.byteCount
      }
      if chosen != .gloo, let gloo {
        row += figures(gloo) + [NumberText.fixed(gloo.medianSeconds / own.medianSeconds, 1)]
      }
      table.append(row)
    }
    return table
  }

  private func figures(_ measurement: CollectiveBenchmark.Measurement) -> [String] {
    [NumberText.fixed(measurement.medianSeconds * 1e6, 1), NumberText.fixed(measurement.bandwidth / 1e9, 2)]
  }
}
