import Testing

@Suite("deepspeed bench")
struct BenchTests {
  private func peer(_ body: String) throws -> (work: Workspace, command: String) {
    let work = try Workspace()
    return (work, "/bin/sh '\(try work.write("peer.sh", body))'")
  }

  private static let result =
    "echo 'RESULT {\"tok_s\": 10, \"rss_mb\": [50, 99999], \"first_step_s\": 1000}'\n"

  @Test("A benchmark beside a peer shows every round of both, and writes them")
  func beside() throws {
    let (work, command) = try peer("echo \"threads $OMP_NUM_THREADS launched ${T0%.*}\" >&2\n" + Self.result)
    let outcome = try work.run(
      "bench", "train", "--steps", "1", "--warmup", "0", "--rounds", "2", "--beside",
      command,
      "--json", work.path("table.json"))
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    let rows = outcome.output.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }
    #expect(rows.map(\.first) == ["round", "------", "1", "2", "median"])
    #expect(rows.dropFirst(2).allSatisfy { $0.contains("99999") && $0.contains("1000.00") })
    #expect(
      outcome.errors.components("RESULT {").count == 5, "not two results of each: \(outcome.transcript)")
    #expect(outcome.errors.components("launched 1").count == 3, "no time of launch: \(outcome.transcript)")
    let json = try TestFile.text(work.path("table.json"))
    #expect(json.contains("\"median_ratio\"") && json.contains("\"peak_mb\" : 99999"))
  }

  @Test(
    "What is wrong with a peer is said by name",
    arguments: [
      ("exit 7", "the peer's command ended with code 7"),
      ("echo hello", "the peer's command printed no result"),
    ])
  func wrongPeer(body: String, words: String) throws {
    let (work, command) = try peer(body)
    let outcome = try work.run(
      "bench", "train", "--steps", "1", "--warmup", "0", "--rounds", "1", "--beside=\(command)")
    try BadInput.check(outcome, words: [words])
  }

  @Test("The result says the stage and the precision of a config, not those of the options")
  func config() throws {
    let work = try Workspace()
    let config = try work.write(
      "config.json",
      #"{"train_batch_size": 2, "bf16": {"enabled": true}, "zero_optimization": {"stage": 3}, "optimizer": {"type": "AdamW"}}"#)
    let outcome = try work.run(
      "bench", "train", "--dtype", "f32", "--zero", "1", "--deepspeed_config", config, "--seq_len", "8", "--steps", "1",
      "--warmup", "0")
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(outcome.output.contains("RESULT {") && outcome.output.contains(#""dtype" : "bf16""#), "\(outcome.transcript)")
    #expect(outcome.output.contains(#""zero" : 3"#), "\(outcome.transcript)")
  }

  @Test("Options of the comparison need a peer")
  func alone() throws {
    let outcome = try Workspace().run("bench", "train", "--json", "x.json")
    #expect(outcome.exitCode != 0 && outcome.errors.contains("--beside"), "\(outcome.transcript)")
  }
}

extension String {
  /// The pieces between the places where `separator` stands.
  fileprivate func components(_ separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
