extension BytePairModel {
  /// Reads the `model` object of a tokenizer.json.
  init(json: JSONNode, isByteLevel: Bool) throws(TokenizerError) {
    let vocabulary = try Vocabulary(json: json.required("vocab"))
    var options = Options()
    options.fusesUnknown = try json.flag("fuse_unk", default: false)
    options.fallsBackToBytes = try json.flag("byte_fallback", default: false)
    options.ignoresMerges = try json.flag("ignore_merges", default: false)
    options.continuationPrefix = json["continuing_subword_prefix"]?.stringBytes ?? []
    options.endSuffix = json["end_of_word_suffix"]?.stringBytes ?? []
    if let unknown = json["unk_token"] {
      let id = vocabulary.id(of: try unknown.requiredString())
      guard id >= 0 else {
        throw TokenizerError(.vocabulary, at: unknown.path, "this token is not in the vocabulary")
      }
      options.unknownID = id
    }
    var reader = MergeReader(vocabulary: vocabulary, prefixLength: options.continuationPrefix.count)
    try reader.read(json.required("merges"))
    self.init(
      vocabulary: vocabulary, pairs: reader.pairs, options: options, isByteLevel: isByteLevel,
      mergedTokens: reader.mergedTokens)
  }
}

extension Vocabulary {
  /// Reads an object of tokens and their ids.
  init(json: JSONNode) throws(TokenizerError) {
    guard json.kind == .object else { throw json.mismatch("an object of tokens and ids") }
    let document = json.document
    var vocabulary = Vocabulary(capacity: document.nodes.count / 4)
    var token: [UInt8] = []
    try json.forEachMember { (key, value) throws(TokenizerError) in
      token.removeAll(keepingCapacity: true)
      document.appendString(key, to: &token)
      guard let id = Self.integer(value, in: document) else {
        throw TokenizerError(
          .field, at: json.path, "the id of '\(String(decoding: token, as: UTF8.self))' is no integer")
      }
      try vocabulary.insert(token, id: id, path: json.path)
    }
    self = vocabulary
  }

  private static func integer(_ node: JSONDocument.Node, in document: JSONDocument) -> Int? {
    guard node.kind == .number, node.end - node.start < 10 else { return nil }
    var value = 0
    for byte in document.bytes[Int(node.start)..<Int(node.end)] {
      guard byte &- 0x30 < 10 else { return nil }
      value = value * 10 + Int(byte &- 0x30)
    }
    return value
  }
}

/// Turns a list of merges, written as `"a b"` or `["a", "b"]`, into pairs of ids; the position is the rank.
struct MergeReader {
  let vocabulary: Vocabulary
  /// How many bytes of the right part the merged token leaves out.
  let prefixLength: Int
  private(set) var pairs = PairTable(capacity: 0)
  private(set) var mergedTokens: [Int32] = []

  init(vocabulary: Vocabulary, prefixLength: Int = 0) {
    self.vocabulary = vocabulary
    self.prefixLength = prefixLength
  }

  mutating func read(_ json: JSONNode) throws(TokenizerError) {
    let document = json.document
    guard json.kind == .array else { throw json.mismatch("an array of merges") }
    var nodes: [Int] = []
    try json.forEachElement { nodes.append($0) }
    pairs = PairTable(capacity: nodes.count)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for (rank, index) in nodes.enumerated() {
      let node = document.nodes[index]
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      if node.kind == .string {
        document.appendString(node, to: &left)
        try insert(joined: left, rank: rank, path: json.path)
        continue
      }
      let isPair =
        node.kind == .array && Int(node.next) == index + 3 && document.nodes[index + 1].kind == .string
      guard isPair, document.nodes[index + 2].kind == .string else {
        throw TokenizerError(.field, at: "\(json.path)[\(rank)]", "expected two tokens")
      }
      document.appendString(document.nodes[index + 1], to: &left)
      document.appendString(document.nodes[index + 2], to: &right)
      try insert(left, right, rank: rank, path: json.path)
    }
  }

  /// Reads merges written as `"a b"`.
  mutating func read(_ merges: [String], path: String) throws(TokenizerError) {
    pairs = PairTable(capacity: merges.count)
    for (rank, merge) in merges.enumerated() { try insert(joined: Array(merge.utf8), rank: rank, path: path) }
  }

  private mutating func insert(joined merge: [UInt8], rank: Int, path: String) throws(TokenizerError) {
    guard let space = merge.firstIndex(of: 0x20), merge.lastIndex(of: 0x20) == space else {
      throw TokenizerError(.field, at: "\(path)[\(rank)]", "expected two tokens with one space between them")
    }
    try insert(Array(merge[..<space]), Array(merge[(space + 1)...]), rank: rank, path: path)
  }

  private mutating func insert(_ left: [UInt8], _ right: [UInt8], rank: Int, path: String)
    throws(TokenizerError)
  {
    let merged = left + right.dropFirst(prefixLength)
    let ids = (vocabulary.id(of: left), vocabulary.id(of: right), vocabulary.id(of: merged))
    guard ids.0 >= 0, ids.1 >= 0, ids.2 >= 0 else {
      let missing = ids.0 < 0 ? left : ids.1 < 0 ? right : merged
      let token = String(decoding: missing, as: UTF8.self)
      throw TokenizerError(
        .vocabulary, at: "\(path)[\(rank)]", "the token '\(token)' is not in the vocabulary")
    }
    pairs.insert(ids.0, ids.1, PairTable.Merge(rank: rank, id: ids.2))
    mergedTokens.append(ids.2)
  }
}
