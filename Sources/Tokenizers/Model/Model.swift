/// The third stage: turns a word into token ids.
enum Model: Sendable {
  case bytePair(BytePairModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)

  /// Reads the `model` object of a tokenizer.json. Old files leave the type out; their members tell it.
  init(json: JSONNode, isByteLevel: Bool) throws(TokenizerError) {
    guard json.kind == .object else { throw json.mismatch("an object") }
    let type: String
    if let named = json["type"] {
      type = try named.requiredString()
    } else {
      type =
        json["merges"] != nil ? "BPE" : json["max_input_chars_per_word"] != nil ? "WordPiece" : "WordLevel"
    }
    switch type {
    case "BPE": self = .bytePair(try BytePairModel(json: json, isByteLevel: isByteLevel))
    case "WordPiece": self = .wordPiece(try WordPieceModel(json: json))
    case "WordLevel": self = .wordLevel(try WordLevelModel(json: json))
    default:
      throw TokenizerError(.unsupported, at: "\(json.path).type", "no model of the kind '\(type)' is known")
    }
  }

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  /// Whether the words of a byte-level tokenizer may come as they are, rather than in the byte-level
  /// alphabet.
  var takesRawBytes: Bool { if case .bytePair(let model) = self { model.isByteLevel } else { false } }

  /// Appends the tokens of one word.
  @inline(__always)
  func encode(_ word: Span<UInt8>, using cache: inout WordCache, into output: inout [Int]) {
    switch self {
    case .bytePair(let model): model.encode(word, using: &cache, into: &output)
    case .wordPiece(let model): model.encode(word, into: &output)
    case .wordLevel(let model): model.encode(word, into: &output)
    }
  }
}
