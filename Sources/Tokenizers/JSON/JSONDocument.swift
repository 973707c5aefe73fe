/// A JSON text that was checked once and is then read in place.
///
/// The nodes lie in one array in document order, and strings stay in the text until somebody asks for them: a
/// tokenizer file holds a hundred thousand of them, and most go straight into a vocabulary's byte arena.
struct JSONDocument: Sendable {
  enum Kind: UInt8, Sendable { case object, array, string, number, bool, null }

  struct Node: Sendable {
    let kind: Kind
    /// A string with escapes in it, which therefore differs from its bytes in the text.
    var hasEscapes = false
    /// The bytes of the value in the text; a string's without the quotation marks.
    var start: UInt32
    var end: UInt32
    /// The index of the first node after this one and all that it holds.
    var next: UInt32
  }

  let bytes: [UInt8]
  let nodes: [Node]

  /// - Throws: `TokenizerError` of kind `json`, with the line and what was expected there.
  init(_ bytes: [UInt8], name: String) throws(TokenizerError) {
    var parser = JSONParser(bytes: bytes, name: name)
    self.nodes = try parser.parse()
    self.bytes = bytes
  }

  var root: JSONNode { JSONNode(document: self, index: 0, path: "") }

  /// The bytes that the string at `node` stands for, appended to `output`.
  func appendString(_ node: Node, to output: inout [UInt8]) {
    if !node.hasEscapes {
      output.append(contentsOf: bytes[Int(node.start)..<Int(node.end)])
      return
    }
    var position = Int(node.start)
    while position < Int(node.end) {
      let byte = bytes[position]
      position += 1
      if byte != UInt8(ascii: "\\") {
        output.append(byte)
        continue
      }
      let escape = bytes[position]
      position += 1
      guard escape == UInt8(ascii: "u") else {
        output.append(JSONParser.unescaped(escape) ?? escape)
        continue
      }
      var value = JSONParser.hexadecimal(bytes, at: position) ?? 0xFFFD
      position += 4
      if value & 0xFC00 == 0xD800 {
        let low = JSONParser.hexadecimal(bytes, at: position + 2) ?? 0xDC00
        position += 6
        value = 0x10000 + ((value & 0x3FF) << 10) + (low & 0x3FF)
      }
      output.appendScalar(value)
    }
  }
}
