import Testing

@Suite("deepspeed bench optimizer")
struct BenchOptimizerTests {
  @Test("Adam stands beside the triad, libtorch and a peer's rows")
  func rows() throws {
    let work = try Workspace()
    let outcome = try work.run(
      "bench", "optimizer", "--elements", "5000", "--rounds", "2", "--threads", "1", "--beside",
      #"echo noise; echo "{\"opt\": \"theirs\", \"ms\": $BENCH_ELEMENTS}""#)
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    for words in ["5000 f32 parameters, 1 thread(s)", "streaming triad", "libtorch fused", "peer: theirs", "5000.0"] {
      #expect(outcome.output.contains(words), "\(words): \(outcome.output)")
    }
  }

  @Test(
    "Bad options and peers are one line",
    arguments: [
      (["--elements", "0"], "--elements is 0"), (["--rounds", "0"], "--rounds is 0"),
      (["--elements", "10", "--beside", "exit 3"], "ended with code 3"),
      (["--elements", "10", "--beside", "echo nothing"], "printed no line like"),
    ])
  func bad(options: [String], words: String) throws {
    let outcome = try Workspace().run(Invocation(["bench", "optimizer"] + options))
    #expect(outcome.exitCode != 0 && outcome.transcript.contains(words), "\(outcome.transcript)")
  }
}
