import Testing

@Suite("Mistakes in the command line")
struct CommandLineTests {
  @Test("One error says what is wrong", arguments: cases)
  func mistake(_ input: BadInput) throws { try input.check() }

  /// `deepspeed train` on tiny things with further words.
  private static func training(_ words: String...) -> @Sendable (Workspace) throws -> Invocation {
    { work in
      var invocation = try work.train()
      invocation.arguments += words
      return invocation
    }
  }

  private static func generating(_ words: String...) -> @Sendable (Workspace) throws -> Invocation {
    { work in Invocation(["generate", "--model", try work.talkingModel(), "--prompt", "x"] + words) }
  }

  static let cases = [
    BadInput("unknown option", "Unknown option '--frobnicate'", prepare: training("--frobnicate")),
    BadInput("no model", "--model") { Invocation(["train", "--data", try $0.data()]) },
    BadInput("no data", "--data") { Invocation(["train", "--model", try $0.model()]) },
    BadInput("a collective that nobody times", "'shout'", "all-reduce") { _ in
      Invocation(["bench", "comm", "shout", "--num_gpus", "2"])
    },
    BadInput("collectives of one rank", "--num_gpus 2 or more") { _ in Invocation(["bench", "comm"]) },
    BadInput("no steps", "--steps is 0", "at least 1", prepare: training("--steps", "0")),
    BadInput("steps in words", "'many'", "--steps", prepare: training("--steps", "many")),
    BadInput("empty sequence", "--seq_len is 0", "between 1 and 64", prepare: training("--seq_len", "0")),
    BadInput(
      "sequence too long", "--seq_len is 65", "between 1 and 64", prepare: training("--seq_len", "65")),
    BadInput("negative seed", "'-1'", "--seed", prepare: training("--seed", "-1")),
    BadInput("no save interval", "--save_interval is 0", prepare: training("--save_interval", "0")),
    BadInput("endless timeout", "--timeout", prepare: training("--timeout", "1e300")),
    BadInput("no timeout", "--timeout is 0.0", prepare: training("--timeout", "0")),
    BadInput("no ranks", "--num_gpus", "1 or more", prepare: training("--num_gpus", "0")),
    BadInput("negative ranks", "--num_gpus", "-1", prepare: training("--num_gpus", "-1")),
    BadInput("a milliard ranks", "--num_gpus", "1000000000", prepare: training("--num_gpus", "1000000000")),
    BadInput("threads in words", "DEEPSPEED_THREADS_PER_RANK", "banana", "a whole number") {
      var invocation = try $0.train()
      invocation.environment["DEEPSPEED_THREADS_PER_RANK"] = "banana"
      return invocation
    },
    BadInput("threads in words for two ranks", "DEEPSPEED_THREADS_PER_RANK", "banana") {
      var invocation = try $0.train()
      invocation.arguments += ["--num_gpus", "2"]
      invocation.environment["DEEPSPEED_THREADS_PER_RANK"] = "banana"
      return invocation
    },
    BadInput("timeout in words", "DEEPSPEED_TIMEOUT is soon", "minutes") {
      var invocation = try $0.train()
      invocation.environment["DEEPSPEED_TIMEOUT"] = "soon"
      return invocation
    },
    BadInput("unknown log level", "--log_level is loud", "warning", prepare: training("--log_level", "loud")),
    BadInput(
      "unknown launcher", "pigeon", "pdsh", prepare: training("--num_gpus", "2", "--launcher", "pigeon")),
    BadInput("freezing nothing", "no parameter", "nothing.*", prepare: training("--freeze", "nothing.*")),
    BadInput("freezing all", "no trainable parameter", prepare: training("--freeze", "*")),
    BadInput("unknown dtype", "int8", "f32", "bf16") {
      Invocation(try $0.evaluate().arguments + ["--dtype", "int8"])
    },
    BadInput("negative temperature", "temperature", "-1", prepare: generating("--temperature", "-1")),
    BadInput("top_p above 1", "top_p is 2.0", prepare: generating("--top_p", "2")),
    BadInput("no new tokens", "--max_new_tokens is -1", prepare: generating("--max_new_tokens", "-1")),
    BadInput("unknown command", "fly") { _ in Invocation(["fly"]) },
    BadInput("unknown launcher option", "Unknown option '--num_gpu'") { _ in
      Invocation(["--num_gpu", "2", "sh", "-c", "exit 0"])
    },
    BadInput("config of no ranks", "--num_gpus is 0") {
      Invocation(["config", try $0.config(), "--num_gpus", "0"])
    },
    BadInput("config without a file", "<file>") { _ in Invocation(["config"]) },
    BadInput("size of a shard", "--max_shard_size is -3", "5GB") {
      Invocation(["zero-to-fp32", try $0.trained(), $0.path("f32"), "--max_shard_size", "-3"])
    },
  ]
}
