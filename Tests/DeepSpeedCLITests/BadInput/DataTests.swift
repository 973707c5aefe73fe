import Testing

@Suite("Data files that cannot be used")
struct DataTests {
  @Test("One error names the file, the place and what is expected", arguments: arrays + texts)
  func mistake(_ input: BadInput) throws { try input.check() }

  private static let right = NumpyImage(tokens: NumpyImage.tokens)

  private static func file(_ name: String, _ bytes: [UInt8]) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.evaluate(data: try $0.write(name, bytes)) }
  }

  private static func array(_ change: @escaping (inout NumpyImage) -> Void)
    -> @Sendable (Workspace) throws
    -> Invocation
  { file("data.npy", right.with(change)) }

  private static func array(_ tokens: [Int32], shape: String? = nil)
    -> @Sendable (Workspace) throws -> Invocation
  {
    file("data.npy", NumpyImage(tokens: tokens, shape: shape).bytes)
  }

  /// A text file for a model with a tokenizer.
  private static func text(_ name: String, _ bytes: [UInt8]) -> @Sendable (Workspace) throws -> Invocation {
    { try $0.train(model: try $0.talkingModel(), data: try $0.write(name, bytes)) }
  }

  private static func lines(_ lines: String) -> @Sendable (Workspace) throws -> Invocation {
    text("data.jsonl", Array(lines.utf8))
  }

  static let arrays = [
    BadInput("missing file", "nothing.npy", "No such file") { try $0.evaluate(data: $0.path("nothing.npy")) },
    BadInput("a folder", "data.txt", "a folder") {
      try $0.evaluate(model: try $0.talkingModel(), data: $0.makeFolder("data.txt"))
    },
    BadInput("a device", "/dev/null", ".txt, .jsonl or .npy") { try $0.evaluate(data: "/dev/null") },
    BadInput(
      "another kind of file", "data.parquet", ".txt, .jsonl or .npy",
      prepare: file("data.parquet", Array("abc".utf8))),
    BadInput("empty array file", "data.npy", "an empty file", prepare: file("data.npy", [])),
    BadInput("no array", "no NumPy file", prepare: array { $0.magic[5] = 0x58 }),
    BadInput("format version 9", "version 9", prepare: array { $0.version = 9 }),
    BadInput("numbers with a point", "'<f4'", "int32", prepare: array { $0.type = "<f4" }),
    BadInput("big-endian", "'>i4'", "little-endian", prepare: array { $0.type = ">i4" }),
    BadInput("columns first", "fortran_order", "ascontiguousarray", prepare: array { $0.isFortran = true }),
    BadInput("id out of the vocabulary", "token id 500", "0 to 127", prepare: array([1, 2, 500, 3])),
    BadInput("negative id", "token id -1", "0 to 127", prepare: array([1, -1])),
    BadInput("one token", "1 tokens", "at least 2", prepare: array([3])),
    BadInput("no tokens", "0 tokens", prepare: array([], shape: "(0,)")),
    BadInput("cut short", "cut short", prepare: file("data.npy", Array(right.bytes.prefix(300)))),
    BadInput("three dimensions", "3 dimensions", prepare: array { $0.shape = "(2, 16, 17)" }),
    BadInput("rows of one token", "[544, 1]", prepare: array { $0.shape = "(544, 1)" }),
    BadInput(
      "rows too long", "100 tokens", "64",
      prepare: array([Int32](repeating: 1, count: 800), shape: "(8, 100)")),
    BadInput(
      "uncountable shape", "9223372036854775807",
      prepare: array { $0.shape = "(9223372036854775807, 9223372036854775807)" }),
    BadInput("negative shape", "(-5, 17)", prepare: array { $0.shape = "(-5, 17)" }),
    BadInput("shape of words", "banana", prepare: array { $0.shape = "banana" }),
    BadInput(
      "header longer than the file", "4294967295",
      prepare: file("data.npy", [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255, 123, 125])),
  ]

  static let texts = [
    BadInput("text without a tokenizer", "tokenizer.json") { try $0.evaluate(data: try $0.text()) },
    BadInput("empty text", "data.txt", "an empty file", prepare: text("data.txt", [])),
    BadInput(
      "text that is not UTF-8", "byte 4", "UTF-8",
      prepare: text("data.txt", Array("abc ".utf8) + [0xff, 0xfe])),
    BadInput("broken line", "line 2", prepare: lines("{\"text\": \"ok\"}\n{\"text\": \n")),
    BadInput("line of another type", "line 1", "no JSON object", prepare: lines("[1]\n")),
    BadInput("unknown keys", "line 1", "\"text\"", "\"messages\"", prepare: lines("{\"txt\": \"ok\"}\n")),
    BadInput("text that is a number", "line 1", "'text'", prepare: lines("{\"text\": 3}\n")),
    BadInput("prompt without completion", "line 1", "completion", prepare: lines("{\"prompt\": \"a\"}\n")),
    BadInput(
      "lines of two kinds", "line 2", "completion",
      prepare: lines("{\"text\":\"abc\"}\n{\"prompt\":\"a\",\"completion\":\"b\"}\n")),
    BadInput(
      "messages without a template", "chat template",
      prepare: lines("{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}\n")),
    BadInput(
      "messages without an answer", "line 1", "assistant",
      prepare: lines("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n")),
    BadInput("line that is not UTF-8", "byte 10", "UTF-8") {
      let line = Array("{\"text\": \"".utf8) + [0xff] + Array("\"}\n".utf8)
      return try $0.train(model: try $0.talkingModel(), data: try $0.write("data.jsonl", line))
    },
    BadInput("blank lines", "blank lines", prepare: lines("\n\n")),
    BadInput("endless nesting", "line 1", prepare: lines(String(repeating: "[", count: 100_000) + "\n")),
    BadInput("ids beyond the model", "token id", "0 to 63") {
      try $0.evaluate(model: try $0.talkingModel(changes: ["vocab_size": "64"]), data: try $0.text())
    },
  ]
}
