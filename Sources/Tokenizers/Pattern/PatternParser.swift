/// Reads a regular expression in the syntax that tokenizer files use, which is Oniguruma's: Unicode classes,
/// groups, case folding, lookahead, lookbehind of fixed width, lazy and possessive repetition.
struct PatternParser {
  private static let depthLimit = 64
  private static let countLimit = 1000
  private static let stackLimit = 4

  let scalars: [Unicode.Scalar]
  let path: String
  var position = 0
  private var ignoresCase = false

  init(_ pattern: String, path: String) {
    scalars = Array(pattern.unicodeScalars)
    self.path = path
  }

  mutating func parse() throws(TokenizerError) -> PatternNode {
    let node = try alternatives(depth: 0)
    if position < scalars.count { throw error("an end of the pattern or '|'") }
    return node
  }

  func error(_ expected: String) -> TokenizerError {
    let found = position < scalars.count ? "'\(scalars[position])'" : "the end"
    return TokenizerError(
      .pattern, at: path, "expected \(expected) at character \(position) of the pattern, found \(found)")
  }

  var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  mutating func consume(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  mutating func take(_ expected: String) throws(TokenizerError) -> Unicode.Scalar {
    guard let scalar = next else { throw error(expected) }
    position += 1
    return scalar
  }

  private mutating func alternatives(depth: Int) throws(TokenizerError) -> PatternNode {
    guard depth < Self.depthLimit else { throw error("at most \(Self.depthLimit) levels of groups") }
    let outerCase = ignoresCase
    var branches = [try sequence(depth: depth)]
    while consume("|" as Unicode.Scalar) { branches.append(try sequence(depth: depth)) }
    ignoresCase = outerCase
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence(depth: Int) throws(TokenizerError) -> PatternNode {
    var parts: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      if let part = try atom(depth: depth) { parts.append(try quantified(part)) }
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func quantified(_ atom: PatternNode) throws(TokenizerError) -> PatternNode {
    var node = atom
    var count = 0
    while let bounds = try bounds() {
      count += 1
      if count > Self.stackLimit { throw error("at most \(Self.stackLimit) repetitions of one thing") }
      var greed = PatternNode.Greed.greedy
      if consume("?" as Unicode.Scalar) {
        greed = .lazy
      } else if bounds.isSign, consume("+" as Unicode.Scalar) {
        greed = .possessive
      }
      node = .repetition(node, least: bounds.least, most: bounds.most, greed)
    }
    return node
  }

  private struct Bounds {
    let least: Int
    let most: Int?
    let isSign: Bool
  }

  private mutating func bounds() throws(TokenizerError) -> Bounds? {
    if consume("*" as Unicode.Scalar) { return Bounds(least: 0, most: nil, isSign: true) }
    if consume("+" as Unicode.Scalar) { return Bounds(least: 1, most: nil, isSign: true) }
    if consume("?" as Unicode.Scalar) { return Bounds(least: 0, most: 1, isSign: true) }
    let start = position
    guard consume("{" as Unicode.Scalar) else { return nil }
    let least = number()
    var most = least
    if consume("," as Unicode.Scalar) { most = number() }
    let isOpen = scalars[position - 1] == ","
    guard consume("}" as Unicode.Scalar), least != nil || most != nil else {
      position = start
      return nil
    }
    guard (least ?? 0) <= Self.countLimit, (most ?? 0) <= Self.countLimit, (most ?? .max) >= (least ?? 0)
    else {
      throw error("a repetition count up to \(Self.countLimit)")
    }
    return Bounds(least: least ?? 0, most: isOpen ? nil : most, isSign: false)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next.flatMap({ Self.digit($0, radix: 10) }) {
      value = min((value ?? 0) * 10 + Int(digit), Self.countLimit + 1)
      position += 1
    }
    return value
  }

  static func digit(_ scalar: Unicode.Scalar, radix: UInt32) -> UInt32? {
    let value: UInt32
    switch scalar {
    case "0"..."9": value = scalar.value - 0x30
    case "a"..."z": value = scalar.value - 0x57
    case "A"..."Z": value = scalar.value - 0x37
    default: return nil
    }
    return value < radix ? value : nil
  }

  private mutating func atom(depth: Int) throws(TokenizerError) -> PatternNode? {
    let scalar = try take("a character")
    switch scalar {
    case "(": return try group(depth: depth)
    case "[": return .set(try characterClass(ignoresCase: ignoresCase, depth: depth))
    case ".": return .set(ScalarSet([.range(0x0A, 0x0A)], isNegated: true))
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "*", "+", "?":
      position -= 1
      throw error("something to repeat")
    case "\\": return try escape()
    default: return .set(ScalarSet(scalar, ignoresCase: ignoresCase))
    }
  }

  private mutating func escape() throws(TokenizerError) -> PatternNode {
    switch next {
    case "A": return anchor(.textStart)
    case "z", "Z": return anchor(.textEnd)
    case "b": return anchor(.wordBoundary)
    case "B": return anchor(.noWordBoundary)
    default: return .set(ScalarSet([try escapedItem()], ignoresCase: ignoresCase))
    }
  }

  private mutating func anchor(_ assertion: PatternNode.Assertion) -> PatternNode {
    position += 1
    return .assertion(assertion)
  }

  private mutating func group(depth: Int) throws(TokenizerError) -> PatternNode? {
    func closed(_ make: (PatternNode) -> PatternNode, _ parser: inout Self) throws(TokenizerError)
      -> PatternNode
    {
      let body = try parser.alternatives(depth: depth + 1)
      guard parser.consume(")" as Unicode.Scalar) else { throw parser.error("')'") }
      return make(body)
    }
    guard consume("?" as Unicode.Scalar) else { return try closed({ $0 }, &self) }
    if consume(":" as Unicode.Scalar) { return try closed({ $0 }, &self) }
    if consume(">" as Unicode.Scalar) { return try closed({ .atomic($0) }, &self) }
    if consume("=" as Unicode.Scalar) { return try look(isBehind: false, isNegated: false, depth: depth) }
    if consume("!" as Unicode.Scalar) { return try look(isBehind: false, isNegated: true, depth: depth) }
    if consume("<=") { return try look(isBehind: true, isNegated: false, depth: depth) }
    if consume("<!") { return try look(isBehind: true, isNegated: true, depth: depth) }
    guard consume("i" as Unicode.Scalar) else { throw error("a group of a known kind") }
    let outerCase = ignoresCase
    ignoresCase = true
    if consume(")" as Unicode.Scalar) { return nil }
    guard consume(":" as Unicode.Scalar) else { throw error("':' or ')'") }
    let node = try closed({ $0 }, &self)
    ignoresCase = outerCase
    return node
  }

  private mutating func look(isBehind: Bool, isNegated: Bool, depth: Int) throws(TokenizerError)
    -> PatternNode
  {
    let body = try alternatives(depth: depth + 1)
    guard consume(")" as Unicode.Scalar) else { throw error("')'") }
    if isBehind {
      let branches = if case .alternatives(let branches) = body { branches } else { [body] }
      if branches.contains(where: { $0.width == nil }) { throw error("a lookbehind of fixed width") }
    }
    return .look(body, isBehind: isBehind, isNegated: isNegated)
  }
}
