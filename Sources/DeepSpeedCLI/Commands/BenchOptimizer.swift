import ArgumentParser
import Launcher
import Models
import Monitoring
import Optimizers
import Synchronization
import Torch

/// `deepspeed bench optimizer`: Adam's step beside what memory allows, libtorch's fused step and a peer's.
struct BenchOptimizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimizer", abstract: "Time Adam's step on the CPU beside a streaming triad, libtorch and a peer.",
    discussion: """
      All are timed in turn in f32; the median of the rounds counts. The triad moves 12 bytes an element, Adam 28. \
      --beside runs a peer's command once a round; of its output each line that is a JSON object with a name "opt" and \
      milliseconds "ms" becomes a row. To it we give --elements in BENCH_ELEMENTS and the threads in OMP_NUM_THREADS.
      """)

  @Option(help: ArgumentHelp("Parameters of the tensor.", valueName: "count"))
  var elements: Int = 100_000_000

  @Option(help: "Timed rounds, the median counts.")
  var rounds: Int = 5

  @Option(help: "Threads; by default as many as operations take.")
  var threads: Int?

  @Option(help: ArgumentHelp("A peer's command for the shell.", valueName: "command"))
  var beside: String?

  func validate() throws {
    guard elements > 0 else { throw ValidationError("--elements is \(elements), expected at least 1") }
    guard rounds > 0 else { throw ValidationError("--rounds is \(rounds), expected at least 1") }
    guard threads ?? 1 > 0 else { throw ValidationError("--threads is \(threads ?? 0), expected at least 1") }
  }

  func run() throws {
    try reportingFailures {
      if let threads { try Torch.setThreadCount(threads) }
      let benchmark = try OptimizerBenchmark(elementCount: elements)
      var own = OptimizerBenchmark.Candidate.allCases.map { ($0, [Double]()) }
      var peers = PeerOptimizers()
      // The first round warms up.
      for round in 0...rounds {
        for index in own.indices {
          let seconds = try benchmark.time(own[index].0)
          if round > 0 { own[index].1.append(seconds) }
        }
        if let beside, round > 0 { try peers.run(beside, elementCount: elements, threads: Torch.threadCount) }
      }
      Output.write(
        "\(elements) f32 parameters, \(Torch.threadCount) thread(s), \(benchmark.level), median of \(rounds) rounds in turn\n")
      Output.write(table(own, peers).rendered() + "\n")
    }
  }

  private func table(
    _ own: [(candidate: OptimizerBenchmark.Candidate, seconds: [Double])], _ peers: PeerOptimizers
  ) -> TextTable {
    var rows = own.map { ($0.candidate.rawValue, Double($0.candidate.byteCount), median($0.seconds)) }
    rows += peers.milliseconds.map { ("peer: \($0.key)", 28, median($0.value) / 1000) }.sorted { $0.0 < $1.0 }
    func speed(_ row: (name: String, bytes: Double, seconds: Double)) -> Double {
      row.bytes * Double(elements) / row.seconds
    }
    let adam = rows.first { $0.0 == OptimizerBenchmark.Candidate.adam.rawValue }.map(speed) ?? 0
    var table = TextTable([
      .init("what"), .init("ms", .right), .init("GB/s", .right), .init("Adam / this", .right),
    ])
    for row in rows {
      table.append([
        row.0, NumberText.fixed(row.2 * 1000, 1), NumberText.fixed(speed(row) / 1e9, 1),
        NumberText.fixed(adam / speed(row), 3),
      ])
    }
    return table
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

/// The steps that a peer's command timed, by the names of its optimizers.
struct PeerOptimizers {
  /// Milliseconds of each run.
  private(set) var milliseconds: [String: [Double]] = [:]

  /// Runs the command to its end and takes its figures.
  ///
  /// - Throws: `CommandFailure` when it fails or prints none.
  mutating func run(_ command: String, elementCount: Int, threads: Int) throws {
    let output = Mutex<[UInt8]>([])
    let sink = OutputSink { stream, bytes in
      if stream == .standardOutput { output.withLock { $0 += bytes } }
    }
    var variables = ProcessEnvironment.current()
    variables["OMP_NUM_THREADS"] = "\(threads)"
    variables["BENCH_ELEMENTS"] = "\(elementCount)"
    let process = SupervisedProcess(
      name: "the peer's command",
      command: ProcessCommand(executable: "/bin/sh", arguments: ["-c", command], environment: variables))
    let trap = SignalTrap()
    let outcome = try Supervisor([process], cancellation: trap.cancellation, sink: sink).run()
    guard outcome.exitCode == 0 else {
      let lines = outcome.failure?.lastLines.joined(separator: " ") ?? ""
      throw CommandFailure(message: "the peer's command ended with code \(outcome.exitCode): \(lines)", code: outcome.exitCode)
    }
    try take(output.withLock { String(decoding: $0, as: UTF8.self) })
  }

  mutating func take(_ text: String) throws {
    var count = 0
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("{") {
      guard
        let values = try? [String: ConfigurationValue](json: Array(line.utf8), file: "peer"),
        case .string(let name) = values["opt"], let time = values["ms"]?.asDouble, time > 0
      else { continue }
      milliseconds[name, default: []].append(time)
      count += 1
    }
    guard count > 0 else {
      throw CommandFailure(
        message: "the peer's command printed no line like {\"opt\": \"name\", \"ms\": 71.5}: '\(text.prefix(200))'")
    }
  }
}
