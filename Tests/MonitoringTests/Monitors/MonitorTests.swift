import Testing

@testable import Monitoring

@Suite struct MonitorTests {
  private final class Recorder: Monitor {
    var events: [MonitorEvent] = []
    var failure: MonitorError?

    func write(_ events: [MonitorEvent]) throws(MonitorError) {
      if let failure { throw failure }
      self.events += events
    }

    func flush() {}
  }

  private let event = MonitorEvent(name: "Train/Samples/train loss", value: 2.5, step: 64)

  @Test func `only rank 0 makes monitors`() throws {
    let recorder = Recorder()
    let set = MonitorSet(rank: 0) { [recorder] }
    let other = MonitorSet(rank: 1) { [recorder] }
    #expect(set.isEnabled && !other.isEnabled)
    try other.write([event])
    #expect(recorder.events.isEmpty)
    try set.write([event])
    #expect(recorder.events == [event])
  }

  @Test func `a failing monitor does not keep values from the others`() {
    let (broken, sound) = (Recorder(), Recorder())
    broken.failure = MonitorError(path: "/x", action: "write to", reason: "full")
    let set = MonitorSet(rank: 0) { [broken, sound] }
    #expect(throws: MonitorError(path: "/x", action: "write to", reason: "full")) { try set.write([event]) }
    #expect(sound.events == [event])
  }

  @Test func `CSV files are named for their value, and a later run appends`() throws {
    let folder = try TemporaryFolder()
    for step in [64, 128] {
      let monitor = CSVMonitor(outputPath: folder.path + "/logs", jobName: "run")
      try monitor.write([MonitorEvent(name: event.name, value: 0.5, step: step)])
      try monitor.write([MonitorEvent(name: "lr", value: 1e-5, step: step)])
    }
    #expect(
      try folder.contents("logs/run/Train_Samples_train_loss.csv") == "step,train loss\n64,0.5\n128,0.5\n")
    #expect(try folder.contents("logs/run/lr.csv") == "step,lr\n64,1e-05\n128,1e-05\n")
  }

  @Test func `JSON lines hold every value, also those JSON has no number for`() throws {
    let folder = try TemporaryFolder()
    let monitor = try JSONLMonitor(path: folder.path + "/a/events.jsonl", clock: StoppedClock(time: 12.5))
    try monitor.write([
      MonitorEvent(name: "a\"\\\n", value: 0.25, step: 1), MonitorEvent(name: "b", value: .nan, step: 2),
      MonitorEvent(name: "c", value: -.infinity, step: 3),
    ])
    #expect(
      try folder.contents("a/events.jsonl") == """
        {"name":"a\\"\\\\\\u000a","value":0.25,"step":1,"time":12.5}
        {"name":"b","value":"NaN","step":2,"time":12.5}
        {"name":"c","value":"-Infinity","step":3,"time":12.5}

        """)
  }

  @Test func `engine events carry DeepSpeed's names`() {
    #expect(
      EngineEvent.trainLoss.event(1, samples: 8)
        == MonitorEvent(name: "Train/Samples/train_loss", value: 1, step: 8))
    #expect(
      Set(EngineEvent.allCases.map(\.name)) == [
        "Train/Samples/lr", "Train/Samples/loss_scale", "Train/Samples/train_loss",
        "Train/Samples/elapsed_time_ms_forward", "Train/Samples/elapsed_time_ms_backward",
        "Train/Samples/elapsed_time_ms_backward_inner", "Train/Samples/elapsed_time_ms_backward_allreduce",
        "Train/Samples/elapsed_time_ms_step",
      ])
  }

  @Test func `a full disk is an error that says so`() throws {
    let error = #expect(throws: MonitorError.self) {
      try JSONLMonitor(path: "/dev/full").write([event])
    }
    #expect(error?.path == "/dev/full" && error?.action == "write to")
  }
}
