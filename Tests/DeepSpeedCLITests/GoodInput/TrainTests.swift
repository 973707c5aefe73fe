import Testing

@Suite("deepspeed train")
struct TrainTests {
  @Test("Two processes lose what one loses", arguments: [0, 1, 2])
  func ranks(stage: Int) throws {
    let work = try Workspace()
    let config = try work.config(batch: "\"train_batch_size\": 4", zero: "{\"stage\": \(stage)}")
    var tables: [LossRows] = []
    for count in [1, 2] {
      let table = work.path("loss\(count).csv")
      let outcome = try work.run(
        try work.train(
          config: config, steps: 5, "--no_shuffle", "--num_gpus", "\(count)",
          "--master_port", "0", "--loss_csv", table))
      try #require(outcome.exitCode == 0, "\(outcome.transcript)")
      tables.append(try LossRows(path: table))
    }
    #expect(tables[0].header == "step,loss,lr,grad_norm,loss_scale,tokens_per_second,samples")
    #expect(tables[0].steps == [1, 2, 3, 4, 5])
    #expect(tables[1].steps == tables[0].steps)
    #expect(Set(tables[0].losses).count == 5)
    for (one, two) in zip(tables[0].losses, tables[1].losses) { #expect(abs(one - two) <= 1e-4 * one) }
    #expect(tables[0].cells.map { $0[6] } == ["4", "8", "12", "16", "20"])
  }

  @Test("States in files lose what states in memory lose, and leave nothing behind", arguments: [1, 3])
  func statesInFiles(stage: Int) throws {
    let work = try Workspace()
    let drive = work.makeFolder("drive")
    let offload = """
      "sub_group_size": 5000, "offload_optimizer": {"device": "nvme", "nvme_path": "\(drive)", "pipeline_read": true}
      """
    var tables: [[[String]]] = []
    for (name, more) in [("memory", ""), ("files", ", " + offload)] {
      let config = try work.config(
        #""bf16": {"enabled": true}, "aio": {"block_size": 8192, "queue_depth": 4}"#,
        zero: "{\"stage\": \(stage)\(more)}", name: "\(name).json")
      let table = work.path("\(name).csv")
      let outcome = try work.run(
        try work.train(config: config, steps: 4, "--num_gpus", "2", "--master_port", "0", "--loss_csv", table))
      try #require(outcome.exitCode == 0, "\(outcome.transcript)")
      tables.append(try LossRows(path: table).exact)
    }
    #expect(tables[0] == tables[1])
    #expect(try TestFile.names(in: drive).isEmpty)
  }

  @Test("Updates during backward lose what updates in the step lose; delayed ones lose something else")
  func updatesBesideTraining() throws {
    let work = try Workspace()
    let drive = work.makeFolder("drive")
    for device in ["\"cpu\"", "\"nvme\", \"nvme_path\": \"\(drive)\""] {
      var tables: [[[String]]] = []
      for (name, keys) in [
        ("step", ""), ("backward", ", \"super_offload\": true"),
        ("delayed", ", \"delayed_update\": true, \"delayed_update_warmup_steps\": 1"),
      ] {
        let zero = "{\"stage\": 3, \"sub_group_size\": 5000, \"offload_optimizer\": {\"device\": \(device)\(keys)}}"
        let config = try work.config(
          #""bf16": {"enabled": true}, "gradient_clipping": 0"#, zero: zero, name: "\(name).json")
        let table = work.path("\(name).csv")
        let outcome = try work.run(
          try work.train(
            config: config, steps: 5, "--num_gpus", "2", "--master_port", "0", "--loss_csv", table, "--output",
            work.path("out-\(name)")))
        try #require(outcome.exitCode == 0, "\(outcome.transcript)")
        tables.append(try LossRows(path: table).exact)
      }
      #expect(tables[0] == tables[1])
      // The first step updates at once; from the third on losses are those of older weights.
      #expect(tables[0][..<2] == tables[2][..<2] && tables[0][3...] != tables[2][3...])
      #expect(try TestFile.names(in: drive).isEmpty)
    }
  }

  @Test("ZenFlow loses the same on one and two processes, and something else than updates of everything")
  func importantFirst() throws {
    let work = try Workspace()
    let steps = #", "select_strategy": "step", "select_interval": 4, "update_interval": 2"#
    func losses(_ name: String, _ zenFlow: String, ranks: Int) throws -> [Double] {
      let zero = "{\"stage\": 2, \"offload_optimizer\": {\"device\": \"cpu\"}\(zenFlow)}"
      let config = try work.config(batch: "\"train_batch_size\": 4", zero: zero, name: "\(name).json")
      let table = work.path("\(name).csv")
      let outcome = try work.run(
        try work.train(
          config: config, steps: 7, "--no_shuffle", "--num_gpus", "\(ranks)", "--master_port", "0", "--loss_csv", table))
      try #require(outcome.exitCode == 0, "\(outcome.transcript)")
      return try LossRows(path: table).losses
    }
    let plain = try losses("plain", "", ranks: 2)
    let keys = [
      "sequential": #", "zenflow": {"topk_ratio": 0.2\#(steps)}"#,
      "overlapped": #", "zenflow": {"topk_ratio": 0.2\#(steps), "overlap_step": true}"#,
      "automatic": #", "zenflow": {"full_warm_up_rounds": 2}"#,
    ]
    var found: [String: [Double]] = [:]
    for (name, zenFlow) in keys {
      let (one, two) = try (losses("\(name)1", zenFlow, ranks: 1), losses("\(name)2", zenFlow, ranks: 2))
      #expect(zip(one, two).allSatisfy { abs($0 - $1) <= 1e-4 * $0 }, "\(name): \(one) and \(two)")
      #expect(two[0] == plain[0] && two != plain)
      #expect(two[6] < two[0])
      found[name] = two
    }
    #expect(found["sequential"] != found["overlapped"])
    // Everything is updated in the warm-up.
    #expect(found["automatic"]?[..<3] == plain[..<3])
  }

  @Test("A resumed run goes on bit for bit, in the same table")
  func resume() throws {
    let work = try Workspace()
    let scheduler = "\"scheduler\": {\"type\": \"WarmupLR\", \"params\": {\"warmup_num_steps\": 6}}"
    let config = try work.config(scheduler)
    let whole = work.path("whole.csv")
    let parts = work.path("parts.csv")
    for (steps, more) in [
      (6, ["--loss_csv", whole]),
      (3, ["--loss_csv", parts, "--output", work.path("out")]),
      (6, ["--loss_csv", parts, "--resume", work.path("out")]),
    ] {
      var invocation = try work.train(config: config, steps: steps)
      invocation.arguments += more
      let outcome = try work.run(invocation)
      try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    }
    let expected = try LossRows(path: whole)
    #expect(expected.cells.count == 6)
    #expect(try LossRows(path: parts).exact == expected.exact)
  }

  @Test("A checkpoint of two ranks goes on with one, at another stage")
  func otherRanks() throws {
    let work = try Workspace()
    let batch = "\"train_batch_size\": 4"
    let two = try work.config(batch: batch, zero: "{\"stage\": 2}", name: "two.json")
    let one = try work.config(batch: batch, zero: "{\"stage\": 0}", name: "one.json")
    let whole = work.path("whole.csv")
    let last = work.path("last.csv")
    for (config, steps, more) in [
      (one, 4, ["--loss_csv", whole]),
      (two, 2, ["--num_gpus", "2", "--master_port", "0", "--output", work.path("out")]),
      (one, 4, ["--loss_csv", last, "--resume", work.path("out")]),
    ] {
      var invocation = try work.train(config: config, steps: steps, "--no_shuffle")
      invocation.arguments += more
      let outcome = try work.run(invocation)
      try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    }
    let expected = try LossRows(path: whole)
    let found = try LossRows(path: last)
    #expect(found.steps == [3, 4])
    for (one, two) in zip(expected.losses.dropFirst(2), found.losses) {
      #expect(abs(one - two) <= 1e-4 * one)
    }
  }

  @Test("It writes checkpoint, model and plot, and says where")
  func files() throws {
    let work = try Workspace()
    let out = work.path("out")
    let outcome = try work.run(try work.train(steps: 2, "--output", out))
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(outcome.errors.contains("step 2/2"))
    #expect(outcome.errors.contains(out))
    #expect(try TestFile.names(in: out) == [TrainedFiles.tag, "latest", "loss.svg", "model"])
    #expect(try TestFile.text("\(out)/loss.svg").contains("<svg"))
    #expect(try TestFile.names(in: "\(out)/model").contains("config.json"))
  }

  @Test("Without --steps it trains one pass over the data", arguments: [(true, 10), (false, 11)])
  func epoch(dropsLast: Bool, steps: Int) throws {
    let work = try Workspace()
    // 32 rows: ten whole batches of three, and two rows more.
    let config = try work.config(
      "\"dataloader_drop_last\": \(dropsLast)", batch: "\"train_batch_size\": 3", zero: "{\"stage\": 1}")
    let table = work.path("loss.csv")
    let outcome = try work.run(
      Invocation([
        "train", "--model", try work.model(), "--data", try work.data(), "--deepspeed_config", config,
        "--loss_csv", table,
      ]))
    try #require(outcome.exitCode == 0, "\(outcome.transcript)")
    #expect(try LossRows(path: table).steps == Array(1...steps))
    #expect(outcome.errors.contains("step \(steps)/\(steps)"))
  }

  @Test("The log of collective operations ends the run, and --log_level error silences it")
  func communication() throws {
    let work = try Workspace()
    let config = try work.config(
      "\"comms_logger\": {\"enabled\": true}, \"wall_clock_breakdown\": true, \"dump_state\": true")
    let words = ["--num_gpus", "2", "--master_port", "0"]
    var invocation = try work.train(config: config, steps: 2)
    invocation.arguments += words
    let outcome = try work.run(invocation)
    #expect(outcome.exitCode == 0, "\(outcome.transcript)")
    let texts = [
      "collective operations of rank 0", "reduce-scatter", "bus Gbit/s", "step 2: time (ms) | ",
      "Settings in use",
    ]
    for text in texts {
      #expect(outcome.errors.contains(text), "no '\(text)' in \(outcome.transcript)")
    }
    #expect(outcome.errors.split(separator: "\n").filter { $0.contains("time (ms)") }.count == 2)
    invocation.arguments += ["--log_level", "error"]
    let quiet = try work.run(invocation)
    #expect(quiet.exitCode == 0 && quiet.errors.isEmpty, "\(quiet.transcript)")
  }
}
