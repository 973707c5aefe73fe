/// Finds added tokens in a text: the leftmost first, and of those that start together the longest.
struct AddedTokenMatcher: Sendable {
  private struct Entry: Sendable {
    let token: AddedToken
    let length: Int
  }

  /// A stretch of the text, and the token that it is if it is one.
  struct Stretch: Sendable {
    let range: Range<Int>
    let token: Int?
  }

  private var entries: [Entry] = []
  /// The tree of prefixes: the node behind a node and a byte; node 0 is the root.
  private var children: [UInt64: Int32] = [:]
  /// The entry that ends at each node, or -1.
  private var ends: [Int32] = [-1]
  /// Most bytes of a text start no token, and this tells so without a look into the tree.
  private var isFirstByte = [Bool](repeating: false, count: 256)

  /// - Parameter tokens: What to find, each with the text to search for, which may differ from its content.
  init(_ tokens: [(token: AddedToken, text: [UInt8])]) {
    for (token, text) in tokens where !text.isEmpty { insert(token, text) }
  }

  var isEmpty: Bool { entries.isEmpty }

  private mutating func insert(_ token: AddedToken, _ text: [UInt8]) {
    var node: Int32 = 0
    for byte in text {
      let key = UInt64(node) << 8 | UInt64(byte)
      if let child = children[key] {
        node = child
      } else {
        node = Int32(ends.count)
        children[key] = node
        ends.append(-1)
      }
    }
    if ends[Int(node)] >= 0 { return }
    ends[Int(node)] = Int32(entries.count)
    entries.append(Entry(token: token, length: text.count))
    isFirstByte[Int(text[0])] = true
  }

  /// The text cut at its added tokens; every byte is in exactly one stretch unless tokens take white space
  /// twice.
  ///
  /// - Parameter skipsSpecial: Whether special tokens are treated as ordinary text.
  func stretches(of text: Span<UInt8>, skipsSpecial: Bool) -> [Stretch] {
    var result: [Stretch] = []
    var done = 0
    var index = 0
    while let (start, entry) = nextMatch(in: text, from: index) {
      let end = start + entry.length
      index = end
      if skipsSpecial && entry.token.isSpecial { continue }
      if entry.token.isSingleWord, Self.touchesWord(text, start, end) { continue }
      let left = entry.token.stripsLeft ? max(Self.startOfSpace(text, before: start), done) : start
      let right = entry.token.stripsRight ? Self.endOfSpace(text, after: end) : end
      if done < left { result.append(Stretch(range: done..<left, token: nil)) }
      result.append(Stretch(range: left..<max(left, right), token: entry.token.id))
      done = right
    }
    if done < text.count { result.append(Stretch(range: done..<text.count, token: nil)) }
    return result
  }

  private func nextMatch(in text: Span<UInt8>, from start: Int) -> (Int, Entry)? {
    var position = start
    while position < text.count {
      if isFirstByte[Int(text[position])], let entry = longestMatch(in: text, at: position) {
        return (position, entry)
      }
      position += 1
    }
    return nil
  }

  private func longestMatch(in text: Span<UInt8>, at start: Int) -> Entry? {
    var node: Int32 = 0
    var best: Int32 = -1
    var index = start
    while index < text.count, let child = children[UInt64(node) << 8 | UInt64(text[index])] {
      node = child
      index += 1
      if ends[Int(node)] >= 0 { best = ends[Int(node)] }
    }
    return best < 0 ? nil : entries[Int(best)]
  }

  private static func touchesWord(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
    if start > 0, text.scalar(before: start).scalar.isWord { return true }
    return end < text.count && text.scalar(at: end).scalar.isWord
  }

  private static func startOfSpace(_ text: Span<UInt8>, before end: Int) -> Int {
    var start = end
    while start > 0 {
      let decoded = text.scalar(before: start)
      guard ScalarClass(decoded.scalar).isSpace else { break }
      start -= decoded.length
    }
    return start
  }

  private static func endOfSpace(_ text: Span<UInt8>, after start: Int) -> Int {
    var end = start
    while end < text.count {
      let decoded = text.scalar(at: end)
      guard ScalarClass(decoded.scalar).isSpace else { break }
      end += decoded.length
    }
    return end
  }
}
