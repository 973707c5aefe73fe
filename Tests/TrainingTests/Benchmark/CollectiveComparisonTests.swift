import Testing

@testable import Training

@Suite struct CollectiveComparisonTests {
  typealias Figure = CollectiveComparison.Figure

  @Test func `figures are read from the lines that are marked, and others are passed over`() throws {
    let output = """
      hello
      RESULT {"operation": "all-gather", "bytes": 1024, "us": 1.5}
      RESULT {"operation": "all-reduce", "bytes": 2048, "us": 2}
      """
    #expect(
      try Figure.figures(in: output, source: "peer") == [
        Figure(operation: "all-gather", byteCount: 1024, microseconds: 1.5),
        Figure(operation: "all-reduce", byteCount: 2048, microseconds: 2),
      ])
  }

  @Test(arguments: [
    "", "RESULT [1]", #"RESULT {"bytes": 1, "us": 1}"#, #"RESULT {"operation": "x", "bytes": 0, "us": 1}"#,
    #"RESULT {"operation": "x", "bytes": 1, "us": -1}"#, #"RESULT {"operation": "x", "bytes": 1e300, "us": 1}"#,
  ])
  func `output without figures is an error that names its source`(output: String) {
    let error = #expect(throws: BenchmarkError.self) { try Figure.figures(in: output, source: "the peer") }
    #expect("\(error.map { "\($0)" } ?? "")".contains("the peer"))
  }

  @Test func `medians over the rounds are compared with the best peer`() {
    var comparison = CollectiveComparison(names: ["ours", "a", "b"])
    func figure(_ time: Double) -> [Figure] { [Figure(operation: "all-gather", byteCount: 64, microseconds: time)] }
    for time in [4.0, 2, 3] { comparison.append(figure(time), side: 0) }
    for time in [9.0, 6, 6] { comparison.append(figure(time), side: 1) }
    comparison.append(figure(7.5) + [Figure(operation: "other", byteCount: 1, microseconds: 1)], side: 2)
    #expect(comparison.median(operation: "all-gather", byteCount: 64, side: 0) == 3)
    #expect(comparison.median(operation: "all-gather", byteCount: 64, side: 1) == 6)
    let rows = comparison.table.split(separator: "\n")
    // Only what we measured has a row: 6 us of the best peer over 3 us.
    #expect(rows.count == 3)
    #expect(rows.last?.hasSuffix("2.00") == true)
    #expect(comparison.json["measurements"] != nil)
  }
}
