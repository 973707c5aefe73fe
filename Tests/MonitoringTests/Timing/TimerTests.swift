import Testing

@testable import Monitoring

@Suite struct TimerTests {
  private let origin = ContinuousClock.now

  @Test func `throughput leaves out the first two steps`() throws {
    var timer = ThroughputTimer()
    let early = timer.stop(samples: 8, at: origin)
    #expect(early == nil)
    var now = origin
    var reports: [ThroughputTimer.Report] = []
    for milliseconds in [8000, 4000, 1000, 3000] {
      timer.start(at: now)
      now += .milliseconds(milliseconds)
      let report = timer.stop(samples: 8, at: now)
      reports.append(try #require(report))
    }
    #expect(reports.map(\.currentSamplesPerSecond) == [1, 2, 8, 8.0 / 3])
    #expect(reports.map(\.averageSamplesPerSecond) == [nil, nil, 8, 4])
    #expect(reports[3].text == "RunningAvgSamplesPerSec=4.000, CurrSamplesPerSec=2.667")
  }

  @Test func `phases add up and are forgotten on reset`() {
    var timers = WallClockTimers()
    for start in [0, 100] {
      timers.start(.forward, at: origin + .milliseconds(start))
      timers.stop(.forward, at: origin + .milliseconds(start + 25))
    }
    timers.stop(.backward, at: origin)
    timers.start(.step, at: origin)
    #expect(timers.elapsedMilliseconds(.forward) == 50)
    #expect(timers.meanMilliseconds(.forward) == 25)
    #expect(timers.text() == "time (ms) | fwd: 50.00")
    timers.reset()
    #expect(timers.elapsedMilliseconds(.forward) == nil)
    timers.stop(.step, at: origin + .milliseconds(7))
    #expect(timers.elapsedMilliseconds(.step) == 7)
  }

  @Test func `a line over several steps shows means of a step and of a micro-batch`() {
    var timers = WallClockTimers()
    for _ in 0..<8 {
      timers.record(.forward, .milliseconds(3))
      timers.record(.forwardMicrostep, .milliseconds(3))
    }
    #expect(timers.text(stepCount: 2) == "time (ms) | fwd_microstep: 3.00 | fwd: 12.00")
  }

  @Test func `phases have DeepSpeed's names`() {
    #expect(
      Set(WallClockTimers.Phase.allCases.map(\.rawValue)) == [
        "fwd_microstep", "fwd", "bwd_microstep", "bwd", "bwd_inner_microstep", "bwd_inner",
        "bwd_allreduce_microstep", "bwd_allreduce", "step_microstep", "step",
        "optimizer_gradients", "optimizer_step", "optimizer_allgather",
      ])
  }

  @Test func `the trimmed mean ignores a tenth at each end`() {
    #expect(trimmedMean([1000, 1, 2, 3, 4, 5, 6, 7, 8, -500]) == 4.5)
    #expect(trimmedMean([3]) == 3 && trimmedMean([]) == 0)
    #expect(trimmedMean([0, 10, 20, 90], leavingOut: 0.25) == 15)
  }

  /// GPT-2 124M with its tied head, 12 layers, sequence 512: 6 * 124,439,808 + 12 * 12 * 512 * 768 by hand.
  @Test func `operations of a dense transformer`() {
    let flops = ModelFlops(
      parameterCount: 124_439_808, layerCount: 12, sequenceLength: 512, attentionWidth: 768)
    #expect(flops.perTokenInTraining == 803_261_952)
    #expect(flops.perTokenInForward * 3 == flops.perTokenInTraining)
    #expect(
      abs(flops.utilization(tokensPerSecond: 1000, peakFlopsPerSecond: 2 * 803_261_952_000) - 0.5) < 1e-12)
    #expect(flops.utilization(tokensPerSecond: 1000, peakFlopsPerSecond: 0) == 0)
  }
}
