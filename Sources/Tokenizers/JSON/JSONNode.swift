/// One value of a JSON document, with the path that an error about it names.
struct JSONNode {
  let document: JSONDocument
  let index: Int
  let path: String

  private var node: JSONDocument.Node { document.nodes[index] }
  var kind: JSONDocument.Kind { node.kind }
  var isNull: Bool { kind == .null }
  /// Where the value stands in the document; a string without its quotation marks.
  var byteRange: Range<Int> { Int(node.start)..<Int(node.end) }

  var stringBytes: [UInt8]? {
    guard kind == .string else { return nil }
    var bytes: [UInt8] = []
    document.appendString(node, to: &bytes)
    return bytes
  }

  var string: String? { stringBytes.map { String(decoding: $0, as: UTF8.self) } }
  var bool: Bool? { kind == .bool ? document.bytes[Int(node.start)] == UInt8(ascii: "t") : nil }
  var double: Double? { kind == .number ? Double(numberText) : nil }

  /// The number as written, without a detour over floating point.
  var int: Int? { kind == .number ? Int(numberText) : nil }

  private var numberText: String {
    String(decoding: document.bytes[Int(node.start)..<Int(node.end)], as: UTF8.self)
  }

  /// The elements of an array; none of anything else.
  var elements: [JSONNode] {
    guard kind == .array else { return [] }
    var result: [JSONNode] = []
    var child = index + 1
    while child < Int(node.next) {
      result.append(JSONNode(document: document, index: child, path: "\(path)[\(result.count)]"))
      child = Int(document.nodes[child].next)
    }
    return result
  }

  /// The members of an object in document order; none of anything else.
  var members: [(key: String, value: JSONNode)] {
    guard kind == .object else { return [] }
    var result: [(key: String, value: JSONNode)] = []
    var child = index + 1
    while child < Int(node.next) {
      let key = JSONNode(document: document, index: child, path: path).string ?? ""
      let value = JSONNode(document: document, index: child + 1, path: path.isEmpty ? key : "\(path).\(key)")
      result.append((key, value))
      child = Int(document.nodes[child + 1].next)
    }
    return result
  }

  /// The member of that name, if there is one and it is not null.
  subscript(key: String) -> JSONNode? {
    guard kind == .object else { return nil }
    var found: JSONNode?
    var child = index + 1
    while child < Int(node.next) {
      let candidate = document.nodes[child]
      let isMatch =
        candidate.hasEscapes
        ? JSONNode(document: document, index: child, path: path).string == key
        : document.bytes[Int(candidate.start)..<Int(candidate.end)].elementsEqual(key.utf8)
      if isMatch {
        let value = JSONNode(
          document: document, index: child + 1, path: path.isEmpty ? key : "\(path).\(key)")
        found = value.isNull ? nil : value
      }
      child = Int(document.nodes[child + 1].next)
    }
    return found
  }

  /// Calls `body` with the key's and the value's node of each member, without making strings of them.
  func forEachMember(
    _ body: (_ key: JSONDocument.Node, _ value: JSONDocument.Node) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    guard kind == .object else { throw mismatch("an object") }
    var child = index + 1
    while child < Int(node.next) {
      try body(document.nodes[child], document.nodes[child + 1])
      child = Int(document.nodes[child + 1].next)
    }
  }

  /// Calls `body` with the index of each element's node, without making strings of them.
  func forEachElement(_ body: (_ node: Int) throws(TokenizerError) -> Void) throws(TokenizerError) {
    guard kind == .array else { throw mismatch("an array") }
    var child = index + 1
    while child < Int(node.next) {
      try body(child)
      child = Int(document.nodes[child].next)
    }
  }

  func mismatch(_ expected: String) -> TokenizerError {
    TokenizerError(.field, at: path, "expected \(expected), found \(kind)")
  }

  func required(_ key: String) throws(TokenizerError) -> JSONNode {
    guard let value = self[key] else {
      throw TokenizerError(.field, at: path.isEmpty ? key : "\(path).\(key)", "this member is missing")
    }
    return value
  }

  func requiredString() throws(TokenizerError) -> String {
    guard let string else { throw mismatch("a string") }
    return string
  }

  func requiredInt() throws(TokenizerError) -> Int {
    guard let int else { throw mismatch("an integer") }
    return int
  }

  func requiredBool() throws(TokenizerError) -> Bool {
    guard let bool else { throw mismatch("true or false") }
    return bool
  }

  /// The flag of that name, or `fallback` where the member is absent or null.
  func flag(_ key: String, default fallback: Bool) throws(TokenizerError) -> Bool {
    guard let value = self[key] else { return fallback }
    return try value.requiredBool()
  }

  /// The one scalar that the string of that name holds.
  func requiredScalar(_ key: String) throws(TokenizerError) -> Unicode.Scalar {
    let value = try required(key)
    let scalars = try value.requiredString().unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else {
      throw value.mismatch("a string of one character")
    }
    return first
  }
}
