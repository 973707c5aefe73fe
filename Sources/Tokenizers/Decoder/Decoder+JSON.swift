extension Decoder {
  /// Reads a `decoder` object of a tokenizer.json.
  init(json: JSONNode) throws(TokenizerError) {
    let type = try json.required("type").requiredString()
    switch type {
    case "ByteLevel": self = .byteLevel
    case "ByteFallback": self = .byteFallback
    case "Metaspace":
      let metaspace = try Metaspace(json: json)
      self = .metaspace(mark: metaspace.mark, dropsFirst: metaspace.scheme != .never)
    case "Fuse": self = .fuse
    case "Strip":
      self = .strip(
        try json.requiredScalar("content"), start: try json.required("start").requiredInt(),
        stop: try json.required("stop").requiredInt())
    case "Replace":
      let content = try json.required("content")
      guard let bytes = content.stringBytes else { throw content.mismatch("a string") }
      self = .replace(try TextPattern(json: json.required("pattern")), with: bytes)
    case "BPEDecoder": self = .suffix(json["suffix"]?.stringBytes ?? Array("</w>".utf8))
    case "WordPiece":
      self = .wordPiece(
        prefix: json["prefix"]?.stringBytes ?? Array("##".utf8),
        cleansUp: try json.flag("cleanup", default: true))
    case "CTC":
      self = .ctc(
        CTCDecoder(
          padding: json["pad_token"]?.stringBytes ?? Array("<pad>".utf8),
          delimiter: json["word_delimiter_token"]?.stringBytes ?? [UInt8(ascii: "|")],
          cleansUp: try json.flag("cleanup", default: true)))
    case "Sequence":
      var stages: [Decoder] = []
      for stage in try json.required("decoders").elements { stages.append(try Decoder(json: stage)) }
      self = .sequence(stages)
    default:
      throw TokenizerError(.unsupported, at: "\(json.path).type", "no decoder of the kind '\(type)' is known")
    }
  }
}
