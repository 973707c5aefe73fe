/// What a stage looks for in a text: a string, or a regular expression.
enum TextPattern: Sendable {
  case literal([UInt8])
  case pattern(Pattern)

  /// Reads `{"String": ...}` or `{"Regex": ...}`.
  init(json: JSONNode) throws(TokenizerError) {
    if let literal = json["String"]?.stringBytes {
      self = .literal(literal)
    } else if let pattern = json["Regex"]?.string {
      self = .pattern(try Pattern(pattern, path: "\(json.path).Regex"))
    } else {
      throw json.mismatch("a 'String' or a 'Regex'")
    }
  }

  /// The first match at `start` or after it.
  func firstMatch(in text: Span<UInt8>, from start: Int) -> Range<Int>? {
    switch self {
    case .pattern(let pattern): return pattern.firstMatch(in: text, from: start)
    case .literal(let literal):
      guard !literal.isEmpty else { return nil }
      var position = start
      while position + literal.count <= text.count {
        if text.isEqual(to: literal, from: position) { return position..<position + literal.count }
        position += 1
      }
      return nil
    }
  }

  /// Calls `body` with each match from left to right; none overlaps the one before.
  func forEachMatch(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
    var position = 0
    while let match = firstMatch(in: text, from: position) {
      body(match)
      position = match.upperBound
      guard match.isEmpty else { continue }
      if position == text.count { return }
      position += text.scalar(at: position).length
    }
  }

  func replacing(in text: Span<UInt8>, with content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var copied = 0
    forEachMatch(in: text) { match in
      result.append(text.extracting(copied..<match.lowerBound))
      result.append(contentsOf: content)
      copied = match.upperBound
    }
    result.append(text.extracting(copied..<text.count))
    return result
  }
}
