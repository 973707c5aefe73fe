extension Normalizer {
  /// Reads a `normalizer` object of a tokenizer.json.
  init(json: JSONNode) throws(TokenizerError) {
    let type = try json.required("type").requiredString()
    switch type {
    case "NFC": self = .form(.nfc)
    case "NFD": self = .form(.nfd)
    case "NFKC": self = .form(.nfkc)
    case "NFKD": self = .form(.nfkd)
    case "Lowercase": self = .lowercase
    case "StripAccents": self = .stripAccents
    case "Strip":
      self = .strip(
        left: try json.flag("strip_left", default: true), right: try json.flag("strip_right", default: true))
    case "Replace":
      let content = try json.required("content")
      guard let bytes = content.stringBytes else { throw content.mismatch("a string") }
      self = .replace(try TextPattern(json: json.required("pattern")), with: bytes)
    case "Prepend": self = .prepend(Array(try json.required("prepend").requiredString().utf8))
    case "ByteLevel": self = .byteLevel
    case "Nmt": self = .nmt
    case "BertNormalizer": self = .bert(try BertNormalizer(json: json))
    case "Sequence":
      var stages: [Normalizer] = []
      for stage in try json.required("normalizers").elements { stages.append(try Normalizer(json: stage)) }
      self = .sequence(stages)
    default:
      throw TokenizerError(
        .unsupported, at: "\(json.path).type", "no normalizer of the kind '\(type)' is known")
    }
  }
}

extension BertNormalizer {
  init(json: JSONNode) throws(TokenizerError) {
    lowercases = try json.flag("lowercase", default: true)
    cleansText = try json.flag("clean_text", default: true)
    separatesHanCharacters = try json.flag("handle_chinese_chars", default: true)
    stripsAccents = try json.flag("strip_accents", default: lowercases)
  }
}
