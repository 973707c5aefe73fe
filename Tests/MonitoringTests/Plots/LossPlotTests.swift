import Glibc
import Testing

@testable import Monitoring

@Suite struct LossPlotTests {
  private func noisyRun(_ count: Int) -> [LossPlot.Point] {
    var seed: UInt64 = 7
    return (1...count).map { step in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let noise = Double(seed >> 40) / Double(1 << 24) - 0.5
      return LossPlot.Point(
        step: step, loss: 3.2 + 1.4 / (1 + Double(step) / 40) + noise * 0.3,
        tokensPerSecond: step < 4 ? 900 : 2_450 + noise * 160)
    }
  }

  @Test func `the chart has a title, axes, a legend and both lines`() {
    let svg = LossPlot(title: "SmolLM2 & co", subtitle: "ZeRO-2", points: noisyRun(200)).svg()
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    for text in [
      "SmolLM2 &amp; co", "ZeRO-2", "optimizer step", ">loss<", ">running mean<", ">tokens/s<", ">200<",
    ] {
      #expect(svg.contains(text), "\(text) is missing")
    }
    // Measured loss, running mean, tokens per second, and three samples of them in the legend.
    #expect(svg.count(of: "<polyline") == 6)
  }

  @Test func `short runs show every point and no mean`() {
    let svg = LossPlot(points: noisyRun(5).map { LossPlot.Point(step: $0.step, loss: $0.loss) }).svg()
    #expect(svg.count(of: "<circle") == 5)
    #expect(!svg.contains("running mean") && !svg.contains("tokens"))
  }

  @Test(arguments: [
    [], [LossPlot.Point(step: 3, loss: 2)],
    [LossPlot.Point(step: 1, loss: .nan), LossPlot.Point(step: 2, loss: .infinity)],
    [
      LossPlot.Point(step: 1, loss: 2, tokensPerSecond: 0),
      LossPlot.Point(step: 2, loss: 2, tokensPerSecond: .nan),
    ],
    [LossPlot.Point(step: 1, loss: 1e-12), LossPlot.Point(step: 2, loss: 3e15)],
  ])
  func `unusual runs make a chart without wrong numbers`(points: [LossPlot.Point]) {
    let svg = LossPlot(points: points).svg()
    #expect(!svg.contains("nan") && !svg.contains("inf\"") && svg.contains("</svg>"))
  }

  @Test func `long runs are thinned by means`() {
    let values = (0..<6000).map { (x: Double($0), y: Double($0)) }
    let thin = LossPlot.thinned(values)
    #expect(thin.count == 600 && thin[0].y == 4.5 && thin[599].y == 5994.5)
  }

  @Test func `the running mean keeps a straight line straight`() {
    let values = (0..<300).map { (x: Double($0), y: 2 * Double($0) + 1) }
    let means = LossPlot.smoothed(values)
    #expect(zip(values, means).allSatisfy { abs($0.y - $1.y) < 1e-9 })
  }

  @Test func `the file is replaced as a whole and errors name it`() throws {
    let folder = try TemporaryFolder()
    try LossPlot(points: noisyRun(3)).write(to: folder.path + "/deep/er/loss.svg")
    try LossPlot(title: "again", points: noisyRun(3)).write(to: folder.path + "/deep/er/loss.svg")
    #expect(try folder.contents("deep/er/loss.svg").contains("again"))
    #expect(access(folder.path + "/deep/er/loss.svg.part", F_OK) != 0)
    let error = #expect(throws: MonitorError.self) {
      try LossPlot(points: []).write(to: "/proc/none/loss.svg")
    }
    #expect(error?.description.contains("/proc/none") == true)
  }

  @Test(arguments: [
    (3.27, 4.61, [3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4, 4.6, 4.8]), (0, 100, [0, 20, 40, 60, 80, 100]),
    (2, 2, [2, 2.05, 2.1, 2.15, 2.2]),
  ])
  func `ticks are round and enclose the values`(low: Double, high: Double, expected: [Double]) {
    let ticks = AxisTicks(enclosing: low, high, count: 6)
    #expect(ticks.values.first! <= low && ticks.values.last! >= high)
    if low < high { #expect(zip(ticks.values, expected).allSatisfy { abs($0 - $1) < 1e-9 }) }
  }

  @Test(arguments: [
    (2650.0, 8, 400.0), (100, 4, 25), (0.7, 7, 0.1), (0, 3, 0.4), (23, 10, 2.5), (12, 8, 1.5),
  ])
  func `ticks of the right axis share the grid of the left`(high: Double, count: Int, step: Double) {
    let ticks = AxisTicks(fromZeroTo: high, intervals: count)
    #expect(ticks.values.count == count + 1 && ticks.values.last! >= high * (1 - 1e-9))
    #expect(abs(ticks.values[1] - step) < step * 1e-9)
    #expect(high < 1 || ticks.digits == (step == step.rounded() ? 0 : 1))
  }
}
