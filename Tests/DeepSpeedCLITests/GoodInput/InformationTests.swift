import Testing

@Suite("deepspeed config, report and help")
struct InformationTests {
  @Test("config prints every effective value with its origin")
  func config() throws {
    let work = try Workspace()
    let file = try work.config("\"gradient_clipping\": 0.5", batch: "\"train_batch_size\": 8")
    let outcome = try work.run("config", file, "--num_gpus", "2")
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    let rows = outcome.output.split(whereSeparator: \.isNewline).map {
      $0.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map(String.init)
    }
    func row(_ key: String) throws -> [String] { try #require(rows.first { $0.first == key }, "no \(key)") }
    #expect(try row("gradient_clipping")[1] == "0.5")
    #expect(try row("gradient_clipping")[2].contains(file))
    #expect(try row("train_micro_batch_size_per_gpu")[1] == "4")
    #expect(try row("train_micro_batch_size_per_gpu")[2].contains("computed"))
    #expect(try row("zero_optimization.reduce_bucket_size")[2].contains("default"))
    #expect(rows.count > 150)
  }

  @Test("report names versions, kernels and measured speeds")
  func report() throws {
    let outcome = try Workspace().run("report")
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    for word in ["libtorch", "2.11", "CUDA", "kernels", "GFLOP/s", "used by layers", "threads"] {
      #expect(outcome.output.contains(word), "no '\(word)' in \(outcome.transcript)")
    }
  }

  @Test(
    "--help of each command names its options",
    arguments: [
      Help(
        ["train"],
        [
          "--model", "--data", "--deepspeed_config", "--num_gpus", "--steps", "--seq_len", "--seed",
          "--no_shuffle", "--output", "--resume", "--loss_csv", "--save_interval",
        ]),
      Help(
        ["generate"],
        ["--model", "--prompt", "--max_new_tokens", "--temperature", "--top_p", "--seed", "--json"]),
      Help(["chat"], ["--model", "--system", "--temperature"]),
      Help(["eval"], ["--model", "--data", "--dtype", "f32", "bf16", "f16", "--seq_len", "--json"]),
      Help(["config"], ["<file>", "--num_gpus", "--strict", "--json"]),
      Help(["report"], ["--hide_operator_status", "--hide_errors_and_warnings"]),
      Help(
        ["launch"],
        [
          "--num_gpus", "--num_nodes", "--hostfile", "--include", "--exclude", "--master_addr",
          "--master_port", "--bind_cores_to_rank", "--module", "--no_local_rank",
        ]),
      Help(["zero-to-fp32"], ["<checkpoint-folder>", "<output-folder>", "--tag", "--max_shard_size"]),
      Help(["bench", "train"], ["--size", "--dtype", "--zero", "--steps", "--beside", "--rounds", "--json"]),
      Help(
        [], ["train", "generate", "chat", "eval", "config", "report", "launch", "zero-to-fp32", "--version"]),
    ])
  func help(_ help: Help) throws {
    let outcome = try Workspace().run(Invocation(help.command + ["--help"]))
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    for option in help.options {
      #expect(outcome.output.contains(option), "no \(option) in \(outcome.transcript)")
    }
  }

  @Test("Without words it shows what it can do")
  func nothing() throws {
    let outcome = try Workspace().run(Invocation([]))
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(outcome.output.contains("SUBCOMMANDS"))
  }

  @Test("The launcher gives each rank the variables of DeepSpeed")
  func launch() throws {
    let outcome = try Workspace().run(
      "--num_gpus", "2", "sh", "-c", "echo $RANK $LOCAL_RANK $WORLD_SIZE $MASTER_ADDR")
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    let lines = outcome.output.split(whereSeparator: \.isNewline).sorted()
    #expect(lines == ["0 0 2 127.0.0.1", "1 1 2 127.0.0.1"])
  }

  struct Help: Sendable, CustomTestStringConvertible {
    let command: [String]
    let options: [String]

    init(_ command: [String], _ options: [String]) {
      self.command = command
      self.options = options
    }

    var testDescription: String { command.joined(separator: " ") }
  }
}
