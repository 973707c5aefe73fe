extension PreTokenizer {
  /// The stages of a `pre_tokenizer` object of a tokenizer.json, with sequences written out.
  ///
  /// Where the last stage of all only writes bytes in the byte-level alphabet, it is left out: the model then
  /// takes raw bytes, which is faster and yields the same tokens.
  ///
  /// - Returns: The stages, and whether the model has to take raw bytes.
  static func read(_ json: JSONNode) throws(TokenizerError) -> (stage: PreTokenizer, isByteLevel: Bool) {
    var stages: [PreTokenizer] = []
    try append(json, to: &stages)
    var isByteLevel = false
    if case .byteAlphabet = stages.last {
      isByteLevel = true
      stages.removeLast()
    }
    return (stages.count == 1 ? stages[0] : .sequence(stages), isByteLevel)
  }

  private static func append(_ json: JSONNode, to stages: inout [PreTokenizer]) throws(TokenizerError) {
    let type = try json.required("type").requiredString()
    switch type {
    case "Sequence":
      for stage in try json.required("pretokenizers").elements { try append(stage, to: &stages) }
    case "ByteLevel":
      let addsPrefixSpace = try json.flag("add_prefix_space", default: true)
      let usesPattern = try json.flag("use_regex", default: true)
      if addsPrefixSpace || usesPattern {
        stages.append(.byteLevel(addsPrefixSpace: addsPrefixSpace, usesPattern: usesPattern))
      }
      stages.append(.byteAlphabet)
    case "Split": stages.append(try splitStage(json))
    case "Digits": stages.append(.digits(areIndividual: try json.flag("individual_digits", default: false)))
    case "Whitespace": stages.append(.whitespace)
    case "WhitespaceSplit": stages.append(.whitespaceSplit)
    case "Punctuation":
      stages.append(
        .punctuation(
          try json["behavior"].map { node throws(TokenizerError) in try SplitBehavior(json: node) }
            ?? .isolated))
    case "Metaspace": stages.append(.metaspace(try Metaspace(json: json)))
    case "CharDelimiterSplit": stages.append(.delimiter(try json.requiredScalar("delimiter")))
    case "BertPreTokenizer": stages.append(.bert)
    case "FixedLength":
      let length = try json["length"]?.requiredInt() ?? 5
      guard length > 0 else {
        throw TokenizerError(.field, at: json.path, "expected a length above 0, found \(length)")
      }
      stages.append(.fixedLength(length))
    default:
      throw TokenizerError(
        .unsupported, at: "\(json.path).type", "no pre-tokenizer of the kind '\(type)' is known")
    }
  }

  private static func splitStage(_ json: JSONNode) throws(TokenizerError) -> PreTokenizer {
    let pattern = try json.required("pattern")
    let behavior = try SplitBehavior(json: json.required("behavior"))
    let isInverted = try json.flag("invert", default: false)
    // These patterns leave nothing between their matches, so that removing that is the same as isolating
    // them.
    if isInverted ? behavior == .removed || behavior == .isolated : behavior == .isolated,
      let words = pattern["Regex"]?.string.flatMap(WordPattern.init(regularExpression:))
    {
      return .words(words)
    }
    return .split(try TextPattern(json: pattern), behavior, isInverted: isInverted)
  }
}

extension Metaspace {
  init(json: JSONNode) throws(TokenizerError) {
    mark = []
    mark.append(json["replacement"] == nil ? "\u{2581}" : try json.requiredScalar("replacement"))
    splits = try json.flag("split", default: true)
    guard let name = try json["prepend_scheme"]?.requiredString() else {
      scheme = try json.flag("add_prefix_space", default: true) ? .always : .never
      return
    }
    guard let scheme = PrependScheme(rawValue: name) else {
      throw TokenizerError(
        .field, at: "\(json.path).prepend_scheme", "expected always, first or never, found '\(name)'")
    }
    self.scheme = scheme
  }
}
