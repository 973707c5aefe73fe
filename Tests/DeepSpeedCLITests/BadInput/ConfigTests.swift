import Testing

@Suite("Mistakes in the config")
struct ConfigTests {
  @Test("One error names file, place, key and what is allowed", arguments: cases)
  func mistake(_ input: BadInput) throws { try input.check() }

  @Test("The same error ends a training run before ranks start")
  func inTraining() throws {
    let work = try Workspace()
    let config = try work.config("\"gradient_clipping\": \"one\"")
    var invocation = try work.train(config: config)
    invocation.arguments += ["--num_gpus", "2"]
    try BadInput.check(try work.run(invocation), words: [config, "gradient_clipping", "\"one\"", "a number"])
  }

  @Test("Several mistakes are all told at once")
  func several() throws {
    let work = try Workspace()
    let config = try work.config(
      "\"gradient_clipping\": \"one\", \"steps_per_print\": \"x\"", zero: "{\"stage\": 9}")
    let outcome = try work.run("config", config)
    try BadInput.check(outcome, words: ["zero_optimization.stage", "gradient_clipping", "steps_per_print"])
  }

  /// `deepspeed config` on the text of a whole file.
  private static func text(_ text: String) -> @Sendable (Workspace) throws -> Invocation {
    { Invocation(["config", try $0.write("ds.json", text)]) }
  }

  /// `deepspeed config` on a right config with further keys.
  private static func extra(_ keys: String) -> @Sendable (Workspace) throws -> Invocation {
    { Invocation(["config", try $0.config(keys)]) }
  }

  private static func zero(_ section: String) -> @Sendable (Workspace) throws -> Invocation {
    { Invocation(["config", try $0.config(zero: section)]) }
  }

  private static func optimizer(_ section: String) -> @Sendable (Workspace) throws -> Invocation {
    { Invocation(["config", try $0.config(optimizer: section)]) }
  }

  static let cases = [
    BadInput("missing file", "none.json", "no such file") { Invocation(["config", $0.path("none.json")]) },
    BadInput("a folder", "directory") { Invocation(["config", $0.folder]) },
    BadInput("empty file", "ds.json:1:1", "the end of the text", prepare: text("")),
    BadInput(
      "broken JSON", "ds.json:1:", "the end of the text", prepare: text("{\"optimizer\": {\"type\": 1}")),
    BadInput("not an object", "ds.json:1:1", "an object", prepare: text("[]")),
    BadInput("bytes that are no text", "UTF-8") {
      Invocation(["config", try $0.write("ds.json", [0x7b, 0xff, 0xfe, 0x7d])])
    },
    BadInput("endless nesting", "nested deeper", prepare: text(String(repeating: "[", count: 200_000))),
    BadInput(
      "infinity", "ds.json:1:23", "finite", prepare: text("{\"gradient_clipping\": Infinity}")),
    BadInput(
      "a number beyond all", "train_batch_size",
      prepare: text("{\"train_batch_size\": 99999999999999999999999}")),
    BadInput(
      "a key twice", "train_batch_size", "second time",
      prepare: text("{\"train_batch_size\": 2, \"train_batch_size\": 4}")),
    BadInput("a typo", "optimzer", "did you mean 'optimizer'", prepare: text("{\"optimzer\": {}}")),
    BadInput(
      "a typo inside", "zero_optimization.reduce_bucket_sise", "did you mean 'reduce_bucket_size'",
      prepare: zero("{\"stage\": 2, \"reduce_bucket_sise\": 5}")),
    BadInput(
      "wrong type", "gradient_clipping", "\"one\"", "a number",
      prepare: extra("\"gradient_clipping\": \"one\"")),
    BadInput(
      "ZenFlow without offload", "zero_optimization.zenflow", "offload_optimizer.device \"cpu\"",
      prepare: zero("{\"stage\": 2, \"zenflow\": {}}")),
    BadInput("stage 7", "zero_optimization.stage", "found 7", prepare: zero("{\"stage\": 7}")),
    BadInput(
      "MiCS", "zero_optimization.mics_shard_size", "stage 3",
      prepare: zero("{\"stage\": 2, \"mics_shard_size\": 2}")),
    BadInput(
      "batch sizes that do not fit", "train_batch_size", "7",
      prepare: text("{\"train_batch_size\": 7, \"train_micro_batch_size_per_gpu\": 2}")),
    BadInput("no batch size", "train_batch_size", "train_micro_batch_size_per_gpu", prepare: text("{}")),
    BadInput(
      "negative batch", "train_micro_batch_size_per_gpu", "at least 1",
      prepare: text("{\"train_micro_batch_size_per_gpu\": -2}")),
    BadInput(
      "fp16 and bf16", "fp16", "bf16.enabled",
      prepare: extra("\"fp16\": {\"enabled\": true}, \"bf16\": {\"enabled\": true}")),
    BadInput(
      "unknown schedule", "scheduler.type", "did you mean 'WarmupLR'",
      prepare: extra("\"scheduler\": {\"type\": \"WarmUp9\", \"params\": {}}")),
    BadInput(
      "unknown setting of a schedule", "warmup_num_step", "did you mean 'warmup_num_steps'",
      prepare: extra("\"scheduler\": {\"type\": \"WarmupLR\", \"params\": {\"warmup_num_step\": 3}}")),
    BadInput(
      "unknown optimizer", "optimizer.type", "AdamZ", "AdamW",
      prepare: optimizer("{\"type\": \"AdamZ\", \"params\": {}}")),
    BadInput(
      "optimizer that comes later", "OneBitAdam", "not yet supported",
      prepare: optimizer("{\"type\": \"OneBitAdam\", \"params\": {\"lr\": 1}}")),
    BadInput(
      "negative learning rate", "optimizer.params.lr", "at least 0",
      prepare: optimizer("{\"type\": \"Adam\", \"params\": {\"lr\": -1}}")),
    BadInput(
      "one beta", "optimizer.params.betas", "two numbers",
      prepare: optimizer("{\"type\": \"Adam\", \"params\": {\"lr\": 1, \"betas\": [0.9]}}")),
  ]
}
