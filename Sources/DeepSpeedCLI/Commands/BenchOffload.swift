import ArgumentParser
import AsyncFiles
import Monitoring
import ZeRO

/// `deepspeed bench offload`: what an optimizer step costs whose states live in files.
struct BenchOffload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offload", abstract: "Time AdamW steps on states in files, beside their update and their transfer alone.",
    discussion: """
      Masters and both moments, 12 bytes an element, are read and written in each step. A perfect overlap takes as long \
      as the larger of the update and the transfer; none takes as long as both.
      """)

  @Option(help: "Elements of the partition; M stands for 2^20.")
  var elements: String = "256M"

  @Option(name: .customLong("sub_group_size"), help: "Elements that are updated together, at most.")
  var subGroupSize: String = "8M"

  @Option(name: .customLong("buffer_count"), parsing: .unconditional, help: "Buffers between files and memory.")
  var bufferCount: Int = 4

  @Option(name: .customLong("rounds"), parsing: .unconditional, help: "Timed rounds of each; the median counts.")
  var rounds: Int = 5

  @OptionGroup var files: FileArguments

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds is \(rounds), expected at least 1") }
    guard bufferCount >= 0 else { throw ValidationError("--buffer_count is \(bufferCount), expected at least 0") }
  }

  func run() throws {
    try reportingFailures {
      let (count, limit) = (
        try ByteSize.parse(elements, option: "--elements"), try ByteSize.parse(subGroupSize, option: "--sub_group_size")
      )
      var table = TextTable([
        .init("pipelined"), .init("update s", .right), .init("transfer s", .right), .init("step s", .right),
        .init("step / larger", .right), .init("step / sum", .right), .init("GB/s both ways", .right),
        .init("buffers", .right),
      ])
      for isPipelined in [true, false] {
        let benchmark = try OffloadBenchmark(
          elementCount: count,
          settings: FileTierSettings(
            folder: files.folder, files: try files.settings(), bufferCount: bufferCount, locksMemory: false,
            pipelinesReads: isPipelined, pipelinesWrites: isPipelined, subGroupSize: limit))
        let (update, transfer, step) = try medians(benchmark)
        table.append(
          [isPipelined ? "yes" : "no"] + [update, transfer, step].map { NumberText.fixed($0, 3) } + [
            NumberText.fixed(step / max(update, transfer), 3), NumberText.fixed(step / (update + transfer), 3),
            NumberText.fixed(Double(2 * benchmark.byteCount) / step / 1e9, 2), NumberText.bytes(benchmark.bufferByteCount),
          ])
      }
      Output.write("AdamW on \(count) elements, \(NumberText.bytes(count * 12)) of states, median of \(rounds) rounds in turn\n")
      Output.write(table.rendered() + "\n")
    }
  }

  private func medians(_ benchmark: OffloadBenchmark) throws -> (update: Double, transfer: Double, step: Double) {
    var seconds: [OffloadBenchmark.Work: [Double]] = [:]
    for _ in 0..<rounds {
      for work in OffloadBenchmark.Work.allCases { seconds[work, default: []].append(try benchmark.time(work)) }
    }
    func median(_ work: OffloadBenchmark.Work) -> Double { seconds[work, default: [0]].sorted()[rounds / 2] }
    return (median(.update), median(.transfer), median(.step))
  }
}
