/// The last stage of encoding: the special tokens that go around a text.
struct PostProcessor: Sendable, Hashable {
  var prefix: [Int] = []
  var suffix: [Int] = []

  init(prefix: [Int] = [], suffix: [Int] = []) {
    self.prefix = prefix
    self.suffix = suffix
  }

  /// Reads a `post_processor` object of a tokenizer.json.
  init(json: JSONNode) throws(TokenizerError) {
    let type = try json.required("type").requiredString()
    switch type {
    case "ByteLevel": self.init()
    case "TemplateProcessing": try self.init(template: json)
    case "BertProcessing", "RobertaProcessing":
      self.init(
        prefix: [try Self.tokenID(json.required("cls"))], suffix: [try Self.tokenID(json.required("sep"))])
    case "Sequence":
      self.init()
      for stage in try json.required("processors").elements {
        let outer = try PostProcessor(json: stage)
        prefix = outer.prefix + prefix
        suffix += outer.suffix
      }
    default:
      throw TokenizerError(
        .unsupported, at: "\(json.path).type", "no post-processor of the kind '\(type)' is known")
    }
  }

  /// The id in a pair such as `["[CLS]", 101]`.
  private static func tokenID(_ json: JSONNode) throws(TokenizerError) -> Int {
    guard json.elements.count == 2, let id = json.elements[1].int else {
      throw json.mismatch("a token and its id")
    }
    return id
  }

  private init(template json: JSONNode) throws(TokenizerError) {
    self.init()
    let specialTokens = json["special_tokens"]
    var sequenceCount = 0
    let pieces = try json.required("single")
    for piece in pieces.elements {
      if piece["Sequence"] != nil {
        sequenceCount += 1
        continue
      }
      let name = try piece.required("SpecialToken").required("id").requiredString()
      guard let ids = specialTokens?[name]?["ids"] else {
        throw TokenizerError(.field, at: piece.path, "the token '\(name)' is not among the 'special_tokens'")
      }
      for id in ids.elements {
        if sequenceCount == 0 {
          prefix.append(try id.requiredInt())
        } else {
          suffix.append(try id.requiredInt())
        }
      }
    }
    guard sequenceCount == 1 else {
      throw TokenizerError(
        .unsupported, at: pieces.path, "expected the text once, found it \(sequenceCount) times")
    }
  }
}
