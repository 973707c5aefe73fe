import Testing

@Suite("Models that cannot be read")
struct ModelTests {
  @Test("One error names the file and what is expected", arguments: configurations + weights + files)
  func mistake(_ input: BadInput) throws { try input.check() }

  private static func changed(_ changes: [String: String?]) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.evaluate(model: try $0.model(changes)) }
  }

  static let configurations = [
    BadInput("missing folder", "nothing", "Hugging Face") { try $0.evaluate(model: $0.path("nothing")) },
    BadInput("empty path", "model's path", "Hugging Face") { try $0.evaluate(model: "") },
    BadInput("no config.json", "config.json") { try $0.evaluate(model: $0.makeFolder("empty")) },
    BadInput("a file of another kind", "model.bin", ".gguf") {
      try $0.evaluate(model: try $0.write("model.bin", "x"))
    },
    BadInput("broken config.json", "config.json", "JSON", "line 1, column") {
      try $0.write("model/config.json", "{\"model_type\": \"llama\",")
      return try $0.evaluate(model: $0.path("model"))
    },
    BadInput("unknown type", "rwkv", "llama", prepare: changed(["model_type": "\"rwkv\""])),
    BadInput(
      "heads that do not divide", "num_key_value_heads", "divisor",
      prepare: changed(["num_attention_heads": "5"])),
    BadInput("no heads", "'num_attention_heads' is 0", prepare: changed(["num_attention_heads": "0"])),
    BadInput("no width", "'hidden_size' is 0", prepare: changed(["hidden_size": "0"])),
    BadInput("width missing", "'hidden_size' is missing", prepare: changed(["hidden_size": nil])),
    BadInput("width in words", "'hidden_size' is \"x\"", prepare: changed(["hidden_size": "\"x\""])),
    BadInput("hostile width", "'hidden_size'", prepare: changed(["hidden_size": "1099511627776"])),
    BadInput("negative layers", "'num_hidden_layers' is -1", prepare: changed(["num_hidden_layers": "-1"])),
    BadInput(
      "a billion layers", "'num_hidden_layers'", prepare: changed(["num_hidden_layers": "1000000000000"])),
    BadInput(
      "larger than the machine", "parameters", "this machine has",
      prepare: changed(["vocab_size": "60000000", "hidden_size": "65536"])),
    BadInput(
      "unknown rotary scaling", "warp", "yarn",
      prepare: changed(["rope_scaling": "{\"rope_type\": \"warp\", \"factor\": 2}"])),
    BadInput("unknown activation", "swoosh", "silu", prepare: changed(["hidden_act": "\"swoosh\""])),
    BadInput("broken tokenizer", "talking", "tokenizer.json") {
      try $0.evaluate(model: try $0.talkingModel(tokenizer: "{"), data: try $0.text())
    },
    BadInput("unknown tokenizer", "talking", "Magic") {
      let tokenizer = ByteTokenizer.make(kind: "Magic")
      return try $0.evaluate(model: try $0.talkingModel(tokenizer: tokenizer), data: try $0.text())
    },
    BadInput("no tokenizer to generate with", "tokenizer.json") {
      Invocation(["generate", "--model", try $0.model(), "--prompt", "x"])
    },
    BadInput("no chat template", "chat template") { Invocation(["chat", "--model", try $0.talkingModel()]) },
  ]

  private static func altered(
    _ change: @escaping @Sendable (inout SafeTensorsImage) throws -> Void
  ) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.evaluate(model: try $0.weighted(change)) }
  }

  private static func cut(to count: Int) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.evaluate(model: try $0.weighted(Array(try TrainedFiles.get().bytes(file).prefix(count)))) }
  }

  private static func index(_ text: String) -> @Sendable (Workspace) throws -> Invocation {
    {
      let model = try $0.model()
      try $0.write("model/model.safetensors.index.json", text)
      return try $0.evaluate(model: model)
    }
  }

  private static let file = "model/model.safetensors"
  private static let name = "model.embed_tokens.weight"

  static let weights = [
    BadInput("empty weights", "model.safetensors", "an empty file", prepare: cut(to: 0)),
    BadInput("cut in the header", "cut short", prepare: cut(to: 50)),
    BadInput("cut in the values", "cut short", prepare: cut(to: 60_000)),
    BadInput("hostile header length", "9223372036854775808") {
      try $0.evaluate(model: try $0.weighted(SafeTensorsImage.file(header: [123, 125], length: 1 << 63)))
    },
    BadInput("header that is no JSON", "JSON") {
      try $0.evaluate(model: try $0.weighted(SafeTensorsImage.file(header: Array("{\"abc\":::}".utf8))))
    },
    BadInput("entry that is a number", "'a'", "an object") {
      try $0.evaluate(model: try $0.weighted(SafeTensorsImage.file(header: Array("{\"a\":1}".utf8))))
    },
    BadInput("missing tensor", "lm_head.weight", prepare: altered { $0.removeLast() }),
    BadInput(
      "unexpected tensor", "model.extra.weight",
      prepare: altered {
        let end = $0.values.count
        $0.header["model.extra.weight"] = ["dtype": "F32", "shape": [2], "data_offsets": [end, end + 8]]
        $0.values += [UInt8](repeating: 0, count: 8)
      }),
    BadInput(
      "overlapping tensor", "overlap",
      prepare: altered { $0.header["model.extra.weight"] = $0.header[name] }),
    BadInput(
      "wrong shape", name, "[32, 128]", "[128, 32]",
      prepare: altered { $0.header[name]?["shape"] = [32, 128] }),
    BadInput("whole numbers", name, "floating-point", prepare: altered { $0.header[name]?["dtype"] = "I32" }),
    BadInput("unknown dtype", name, "Q7", prepare: altered { $0.header[name]?["dtype"] = "Q7" }),
    BadInput(
      "offsets beyond the file", name, "data_offsets",
      prepare: altered { $0.header[name]?["data_offsets"] = [1 << 62, Int.max] }),
    BadInput(
      "negative offsets", name, "-4", prepare: altered { $0.header[name]?["data_offsets"] = [-4, 10] }),
    BadInput("uncountable shape", name, prepare: altered { $0.header[name]?["shape"] = [1 << 40, 1 << 40] }),
    BadInput(
      "missing shard", "model-00001-of-00002.safetensors",
      prepare: index("{\"weight_map\": {\"lm_head.weight\": \"model-00001-of-00002.safetensors\"}}")),
    BadInput("broken index", "model.safetensors.index.json", prepare: index("{")),
    BadInput("index without a map", "weight_map", prepare: index("{}")),
    BadInput(
      "index that leaves the folder", "../x.safetensors", "same folder",
      prepare: index("{\"weight_map\": {\"lm_head.weight\": \"../x.safetensors\"}}")),
    BadInput("pickled weights", "pytorch_model.bin", "save_pretrained") {
      let model = try $0.model()
      try $0.write("model/pytorch_model.bin", "x")
      return try $0.evaluate(model: model)
    },
  ]

  private static func gguf(_ bytes: [UInt8]) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.evaluate(model: try $0.write("model.gguf", bytes)) }
  }

  static let files = [
    BadInput("missing GGUF file", "none.gguf", "No such file") {
      try $0.evaluate(model: $0.path("none.gguf"))
    },
    BadInput("empty GGUF file", "an empty file", prepare: gguf([])),
    BadInput(
      "no GGUF file", "'GGUF'",
      prepare: gguf(GGUFImage.header(magic: "GGUX", [UInt8](repeating: 0, count: 99)))),
    BadInput("GGUF of version 77", "version 77", prepare: gguf(GGUFImage.header(version: 77))),
    BadInput("GGUF cut short", "cut short", prepare: gguf(GGUFImage.header(tensors: 1, keys: 1))),
    BadInput(
      "hostile counts", "4611686018427387904",
      prepare: gguf(GGUFImage.header(tensors: 1 << 62, keys: 1 << 62))),
    BadInput(
      "hostile text length", "model.gguf", "cut short",
      prepare: gguf(GGUFImage.header(keys: 1, Bytes.of(UInt64.max >> 1) + Array("abcdefghij".utf8)))),
    BadInput(
      "hostile array", "2305843009213693952",
      prepare: gguf(
        GGUFImage.header(
          keys: 1, GGUFImage.key("a", type: 9, Bytes.of(UInt32(8)) + Bytes.of(UInt64(1) << 61))))),
    BadInput(
      "nested arrays", "nested",
      prepare: gguf(
        GGUFImage.header(
          keys: 1,
          GGUFImage.key(
            "a", type: 9,
            [[UInt8]](repeating: Bytes.of(UInt32(9)) + Bytes.of(UInt64(1)), count: 5000).flatMap { $0 })))),
    BadInput(
      "unknown value type", "99",
      prepare: gguf(GGUFImage.header(keys: 1, GGUFImage.key("a", type: 99, Bytes.of(0))))),
    BadInput("no architecture", "general.architecture", prepare: gguf(GGUFImage.header())),
    BadInput("unknown architecture", "mamba", "llama", prepare: gguf(GGUFImage.architecture("mamba"))),
    BadInput("no sizes", "llama.embedding_length", prepare: gguf(GGUFImage.architecture("llama"))),
  ]
}
