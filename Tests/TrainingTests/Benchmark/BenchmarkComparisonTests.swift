import Models
import Testing

@testable import Training

@Suite struct BenchmarkComparisonTests {
  private func figures(_ speed: Double, _ memory: Double, _ start: Double, utilization: Double? = nil)
    -> BenchmarkFigures
  {
    BenchmarkFigures(
      tokensPerSecond: speed, peakMebibytes: memory, firstStepSeconds: start, utilization: utilization)
  }

  @Test func `figures come from the last line of results`() throws {
    let output = """
      some words
      RESULT {"tok_s": 1, "rss_mb": [1], "first_step_s": 1}
      RESULT {"tok_s": 12.5, "rss_mb": [100, 120.5], "first_step_s": 3, "mfu": 0.5, "other": "x"}
      LOSS 1 2 3
      """
    let found = try BenchmarkFigures(output: output, source: "it")
    #expect(found == figures(12.5, 120.5, 3, utilization: 0.5))
  }

  @Test(arguments: [
    ("", "no result"), ("RESULT {", "no JSON object"), ("RESULT [1]", "no JSON object"),
    ("RESULT {\"rss_mb\": [1], \"first_step_s\": 1}", "nothing as \"tok_s\""),
    ("RESULT {\"tok_s\": -1, \"rss_mb\": [1], \"first_step_s\": 1}", "-1 as \"tok_s\""),
    ("RESULT {\"tok_s\": 1, \"rss_mb\": 1, \"first_step_s\": 1}", "1 as \"rss_mb\""),
    ("RESULT {\"tok_s\": 1, \"rss_mb\": [], \"first_step_s\": 1}", "rss_mb"),
    ("RESULT {\"tok_s\": 1, \"rss_mb\": [1], \"first_step_s\": \"x\"}", "\"first_step_s\""),
  ])
  func `what is no result is refused by name`(output: String, words: String) throws {
    let error = try #require(throws: BenchmarkError.self) {
      try BenchmarkFigures(output: output, source: "the peer")
    }
    #expect("\(error)".contains(words) && "\(error)".contains("the peer"))
  }

  @Test func `ratios are ours over the peer's, and their medians are over the rounds`() throws {
    var comparison = BenchmarkComparison()
    #expect(comparison.medianRatios == nil)
    for (ours, peer) in [(300.0, 100.0), (200, 100), (100, 100), (250, 100)] {
      comparison.append(
        .init(ours: figures(ours, 60, 5, utilization: 0.8), peer: figures(peer, 100, 20)))
    }
    let median = try #require(comparison.medianRatios)
    #expect(median == .init(speed: 2.25, memory: 0.6, start: 0.25))
    #expect(comparison.rounds[1].peerUtilization == 0.4)
    let lines = comparison.table.split(whereSeparator: \.isNewline)
    #expect(lines.count == 7)
    #expect(lines[3].contains("200.0") && lines[3].contains("40.0 %") && lines[3].contains("0.600"))
    #expect(lines[6].hasPrefix("median") && lines[6].contains("2.25"))
  }

  @Test func `the comparison as JSON has every round and the medians`() throws {
    var comparison = BenchmarkComparison()
    comparison.append(.init(ours: figures(200, 60, 5, utilization: 0.8), peer: figures(100, 100, 20)))
    let json = comparison.json
    #expect(
      json["median_ratio"] == .object(["speed": .number(2), "memory": .number(0.6), "start": .number(0.25)]))
    guard case .array(let rounds) = json["rounds"], case .object(let round) = rounds.first else {
      Issue.record("no rounds in \(json)")
      return
    }
    #expect(
      round["peer"]
        == .object([
          "tok_s": .number(100), "peak_mb": .number(100), "first_step_s": .number(20), "mfu": .number(0.4),
        ]))
  }
}
