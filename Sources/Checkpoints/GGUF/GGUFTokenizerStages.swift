/// The stages around the merges, in the spelling of `tokenizer.json`.
struct GGUFTokenizerStages {
  var isByteLevel: Bool
  var normalizer: JSONValue = .null
  var preTokenizer: JSONValue = .null
  var decoder: JSONValue
  var ignoresMerges = false
  var addsBeginToken = false

  /// The stages of a byte-level tokenizer.
  ///
  /// - Parameter name: how it cuts text, the value of `tokenizer.ggml.pre`.
  /// - Throws: `FileFormatError` of kind `unsupported` for names that are not known here.
  init(byteLevel name: String, file: String) throws {
    isByteLevel = true
    decoder = Self.byteLevel(usesPattern: true)
    switch name {
    case "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais":
      preTokenizer = Self.byteLevel(usesPattern: true)
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      let digits = JSONValue.object([("type", .string("Digits")), ("individual_digits", .boolean(true))])
      preTokenizer = Self.sequence("pretokenizers", [digits, Self.byteLevel(usesPattern: true)])
    case "llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral":
      preTokenizer = Self.split(Self.words(digits: #"\p{N}{1,3}"#))
      ignoresMerges = true
      addsBeginToken = true
    case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
      preTokenizer = Self.split(Self.words(digits: #"\p{N}{1,3}"#))
    case "qwen2", "deepseek-r1-qwen", "megrez":
      normalizer = .object([("type", .string("NFC"))])
      preTokenizer = Self.split(Self.words(digits: #"\p{N}"#))
    case "stablelm2", "hunyuan":
      preTokenizer = Self.split(Self.words(digits: #"\p{N}"#))
    default:
      throw FileFormatError(
        .unsupported, file: file, item: "key 'tokenizer.ggml.pre'", found: "'\(name)'",
        expected: "a known way of cutting text; copy the model's own tokenizer.json")
    }
  }

  /// The stages of a SentencePiece tokenizer.
  ///
  /// - Parameter addsSpace: true if a text gets a space in front.
  init(sentencePieceWithSpace addsSpace: Bool) {
    isByteLevel = false
    addsBeginToken = true
    let mark = "\u{2581}"
    func replace(_ text: String, by content: String) -> JSONValue {
      .object([
        ("type", .string("Replace")), ("pattern", .object([("String", .string(text))])),
        ("content", .string(content)),
      ])
    }
    let prepend = JSONValue.object([("type", .string("Prepend")), ("prepend", .string(mark))])
    normalizer = Self.sequence("normalizers", (addsSpace ? [prepend] : []) + [replace(" ", by: mark)])
    let strip = JSONValue.object([
      ("type", .string("Strip")), ("content", .string(" ")), ("start", .integer(1)), ("stop", .integer(0)),
    ])
    decoder = Self.sequence(
      "decoders",
      [
        replace(mark, by: " "), .object([("type", .string("ByteFallback"))]),
        .object([("type", .string("Fuse"))]),
      ] + (addsSpace ? [strip] : []))
  }

  /// The expression of OpenAI's cl100k vocabulary, with its way of cutting numbers.
  private static func words(digits: String) -> String {
    [
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)", #"[^\r\n\p{L}\p{N}]?\p{L}+"#, digits, #" ?[^\s\p{L}\p{N}]+[\r\n]*"#,
      #"\s*[\r\n]+"#, #"\s+(?!\S)"#, #"\s+"#,
    ].joined(separator: "|")
  }

  private static func split(_ expression: String) -> JSONValue {
    let split = JSONValue.object([
      ("type", .string("Split")), ("pattern", .object([("Regex", .string(expression))])),
      ("behavior", .string("Isolated")), ("invert", .boolean(false)),
    ])
    return sequence("pretokenizers", [split, byteLevel(usesPattern: false)])
  }

  private static func byteLevel(usesPattern: Bool) -> JSONValue {
    .object([
      ("type", .string("ByteLevel")), ("add_prefix_space", .boolean(false)), ("trim_offsets", .boolean(true)),
      ("use_regex", .boolean(usesPattern)),
    ])
  }

  private static func sequence(_ key: String, _ stages: [JSONValue]) -> JSONValue {
    .object([("type", .string("Sequence")), (key, .array(stages))])
  }
}
