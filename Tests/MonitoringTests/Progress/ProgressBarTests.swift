import Testing

@testable import Monitoring

@Suite struct ProgressBarTests {
  private func state(_ step: Int, of total: Int = 200, seconds: Int = 60) -> ProgressState {
    var state = ProgressState(step: step, totalSteps: total, elapsed: .seconds(seconds))
    state.loss = 3.14159
    state.learningRate = 2e-5
    state.tokensPerSecond = 2456.7
    state.utilization = 0.347
    return state
  }

  @Test func `a wide terminal shows a bar and all values`() {
    #expect(
      state(50).line(ProgressStyle(width: 120, usesUnicode: false))
        == "[=========>..............................]  50/200  loss 3.1416  lr 2.0e-05  2,457 tok/s  "
        + "MFU 34.7 %  ETA 03:00"
    )
    let blocks = state(51).line(ProgressStyle(width: 120, usesUnicode: true))
    #expect(blocks.hasPrefix("\u{2595}" + String(repeating: "\u{2588}", count: 10) + "\u{258F}" + " "))
  }

  @Test(arguments: Array(1...140))
  func `no line is wider than its terminal`(width: Int) {
    for usesUnicode in [false, true] {
      let line = state(199, of: 20_000).line(ProgressStyle(width: width, usesUnicode: usesUnicode))
      #expect(line.count <= max(1, width - 1))
      if width > 60 { #expect(line.contains("loss 3.1416") && line.contains("ETA")) }
    }
  }

  @Test func `a plain line has no bar`() {
    #expect(
      state(5).line(ProgressStyle(width: nil, usesUnicode: true))
        == "step   5/200  loss 3.1416  lr 2.0e-05  2,457 tok/s  MFU 34.7 %  ETA 39:00")
  }

  @Test func `steps of an earlier run do not count for the remaining time`() {
    var state = state(110)
    #expect(ProgressState(step: 0, totalSteps: 9, elapsed: .zero).remainingSeconds == nil)
    state.resumedSteps = 100
    #expect(state.remainingSeconds == 540)
  }

  @Test func `a bar is redrawn in place, not too often, and ends with its line`() {
    var shown: [String] = []
    var bar = ProgressBar(style: ProgressStyle(width: 40, usesUnicode: false)) { shown.append($0) }
    for (step, milliseconds) in [(1, 0), (2, 50), (3, 120), (4, 130)] {
      bar.update(ProgressState(step: step, totalSteps: 4, elapsed: .milliseconds(milliseconds)))
    }
    #expect(shown.count == 3)
    #expect(
      shown[0].hasSuffix("\u{1B}[K\r") && shown[1].contains("3/4") && shown[2].hasSuffix("took 0s\u{1B}[K\n"))
    bar.close()
    #expect(shown.count == 3)
  }

  @Test func `a note stands above the bar, which comes back`() {
    var shown: [String] = []
    var bar = ProgressBar(style: ProgressStyle(width: 40, usesUnicode: false)) { shown.append($0) }
    bar.update(state(1))
    bar.note("saved")
    bar.update(state(2))
    #expect(shown.count == 3 && shown[1] == "\u{1B}[Ksaved\n" && shown[2].contains("2/200"))
    bar.close()
    #expect(shown.last == "\n")
  }

  @Test func `without a terminal there is a line every few seconds`() {
    var shown: [String] = []
    var bar = ProgressBar(style: ProgressStyle(width: nil, usesUnicode: false)) { shown.append($0) }
    for second in 0...12 {
      bar.update(ProgressState(step: second + 1, totalSteps: 13, elapsed: .seconds(second)))
    }
    #expect(
      shown.map { String($0.split(separator: " ").dropFirst()[1]) } == ["1/13", "6/13", "11/13", "13/13"])
    #expect(shown.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
  }

  @Test func `the launcher's terminal and the locale decide the style`() {
    #expect(
      ProgressStyle.detected(environment: ["DEEPSPEED_TERMINAL_WIDTH": "99", "LANG": "de_DE.UTF-8"])
        == ProgressStyle(width: 99, usesUnicode: true))
    #expect(
      ProgressStyle.detected(environment: ["DEEPSPEED_TERMINAL_WIDTH": "99", "TERM": "dumb", "LC_ALL": "C"])
        == ProgressStyle(width: nil, usesUnicode: false))
  }
}
