import Testing

@Suite("Output that cannot be written, and training that goes wrong")
struct OutputTests {
  @Test("One error names the path", arguments: cases)
  func mistake(_ input: BadInput) throws { try input.check() }

  @Test("A run that fails leaves the checkpoint that was there", arguments: failures)
  func nothingIsLost(_ input: BadInput) throws {
    let work = try Workspace()
    let folder = try work.trained()
    try BadInput.check(try work.run(try input.prepare(work)), words: input.words)
    #expect(try TestFile.text("\(folder)/latest").contains(TrainedFiles.tag))
    let resumed = try work.run(try work.train(config: try work.config(), steps: 3, "--resume", folder))
    #expect(resumed.exitCode == 0, "the old checkpoint does not load: \(resumed.transcript)")
  }

  @Test("A full disk leaves no half-written model behind")
  func noHalfModel() throws {
    let work = try Workspace()
    let command = Invocation(
      ["zero-to-fp32", try work.trained(), work.path("f32")], shell: "ulimit -f 100; exec \"$@\"")
    try BadInput.check(try work.run(command), words: ["f32", "ulimit -f"])
    #expect(!TestFile.exists(work.path("f32/model.safetensors")))
  }

  @Test("Ranks that meet a NaN name the step")
  func brokenRanks() throws {
    let work = try Workspace()
    var invocation = try work.train(config: try work.explodingConfig(), steps: 50)
    invocation.arguments += ["--num_gpus", "2", "--master_port", "0"]
    try BadInput.check(
      try work.run(invocation), words: ["the loss is", "at step 2", "failed first"], complaints: 2...6)
  }

  static let cases = [
    BadInput("output below a file", "file") {
      try $0.train("--output", try $0.write("file", "x") + "/out")
    },
    BadInput("output is a file", "file") { try $0.train("--output", try $0.write("file", "x")) },
    BadInput("output in /proc", "/proc/nothing") { try $0.train("--output", "/proc/nothing/out") },
    BadInput("table in a folder that cannot be", "/proc/nothing") {
      try $0.train("--loss_csv", "/proc/nothing/loss.csv")
    },
    BadInput("table is a folder", "folder") { try $0.train("--loss_csv", $0.folder) },
    BadInput("table beyond the file size limit", "table.csv", "ulimit -f") {
      var invocation = try $0.train(steps: 300, "--loss_csv", $0.path("table.csv"))
      invocation.shell = "ulimit -f 1; exec \"$@\""
      return invocation
    },
    BadInput("model onto a file", "file") {
      Invocation(["zero-to-fp32", try $0.trained(), try $0.write("file", "x")])
    },
    BadInput("standard output is full", "output", "space") {
      Invocation(["config", try $0.config()], shell: "exec \"$@\" >/dev/full")
    },
    BadInput("loss that is not a number", "the loss is NaN at step 2", "learning rate") {
      try $0.train(config: try $0.explodingConfig(), steps: 50)
    },
  ]

  static let failures = [
    BadInput("full disk under the optimizer's states", "rank0/0_exp_avg.tensor.swp", "ulimit -f") {
      let zero = """
        {"stage": 2, "offload_optimizer": {"device": "nvme", "nvme_path": "\($0.path("nvme"))"}}
        """
      var invocation = try $0.train(
        config: try $0.config(zero: zero, name: "nvme.json"), steps: 4, "--output", $0.path("out"), "--resume",
        $0.path("out"))
      invocation.shell = "ulimit -f 100; exec \"$@\""
      return invocation
    },
    BadInput("full disk", "global_step4", "ulimit -f") {
      var invocation = try $0.train(steps: 4, "--output", $0.path("out"), "--resume", $0.path("out"))
      invocation.shell = "ulimit -f 100; exec \"$@\""
      return invocation
    },
    BadInput("loss that is not a number", "the loss is NaN at step 4") {
      try $0.train(
        config: try $0.explodingConfig(), steps: 50, "--output", $0.path("out"), "--resume", $0.path("out"))
    },
  ]
}

extension Workspace {
  /// One step at this rate ends every model.
  fileprivate func explodingConfig() throws -> String {
    try config(optimizer: "{\"type\": \"SGD\", \"params\": {\"lr\": 1e30}}", name: "exploding.json")
  }
}
