/// How the byte-level tokenizers that GGUF files name cut text into words.
///
/// The stages are those of the models' own tokenizers, from which the files were converted.
struct GGUFWordKind: Sendable {
  var preTokenizer: PreTokenizer
  var normalizer: Normalizer?
  var ignoresMerges = false
  var addsBOS = false

  /// - Parameter name: The value of `tokenizer.ggml.pre`.
  init(name: String) throws(TokenizerError) {
    switch name {
    case "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe", "jina-es", "jina-de", "jina-v2-es",
      "jina-v2-de", "jina-v2-code", "trillion", "granite-docling":
      preTokenizer = .words(.gpt2)
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      preTokenizer = .sequence([.digits(areIndividual: true), .words(.gpt2)])
    case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
      preTokenizer = .words(.cl100k(digitCount: 3))
      ignoresMerges = true
      addsBOS = true
    case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
      preTokenizer = .words(.cl100k(digitCount: 3))
    case "qwen2", "deepseek-r1-qwen", "megrez":
      preTokenizer = .words(.cl100k(digitCount: 1))
      normalizer = .form(.nfc)
    case "stablelm2", "hunyuan":
      preTokenizer = .words(.cl100k(digitCount: 1))
    case "gpt-4o", "llama4":
      preTokenizer = .words(.o200k)
    case "tekken":
      preTokenizer = try Self.splits([Self.tekken])
      ignoresMerges = true
      addsBOS = true
    case "deepseek-v3": preTokenizer = try Self.splits(Self.deepSeekV3)
    case "bloom", "poro-chat", "gpt3-finnish": preTokenizer = try Self.splits([Self.bloom])
    case "falcon": preTokenizer = try Self.splits([Self.punctuation, Self.plainWords, "[0-9][0-9][0-9]"])
    case "default":
      preTokenizer = try Self.splits([Self.punctuation, Self.plainWords, #"\p{N}+"#, "[0-9][0-9][0-9]"])
    default:
      throw TokenizerError(
        .unsupported, at: "tokenizer.ggml.pre",
        "no way of cutting text of the name '\(name)' is known; the model's tokenizer.json works instead")
    }
  }

  private static let punctuation = #"[\p{P}\$\+<=>\^~\|`]+"#
  private static let plainWords = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#
  private static let bloom =
    #" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+"#
  private static let tekken = [
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#,
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#,
    #"\p{N}"#, #" ?[^\s\p{L}\p{N}]+[\r\n/]*"#, #"\s*[\r\n]+"#, #"\s+(?!\S)"#, #"\s+"#,
  ].joined(separator: "|")
  private static let deepSeekV3 = [
    #"\p{N}{1,3}"#,
    #"[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+"#,
    [
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##,
      #"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"#, #" ?[\p{P}\p{S}]+[\r\n]*"#, #"\s*[\r\n]+"#, #"\s+(?!\S)"#,
      #"\s+"#,
    ].joined(separator: "|"),
  ]

  private static func splits(_ expressions: [String]) throws(TokenizerError) -> PreTokenizer {
    var stages: [PreTokenizer] = []
    for expression in expressions {
      let pattern = try Pattern(expression, path: "tokenizer.ggml.pre")
      stages.append(.split(.pattern(pattern), .isolated, isInverted: false))
    }
    return .sequence(stages)
  }
}
