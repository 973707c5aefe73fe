extension PatternParser {
  /// The rest of a character class, after its opening bracket.
  mutating func characterClass(ignoresCase: Bool, depth: Int) throws(TokenizerError) -> ScalarSet {
    guard depth < 64 else { throw error("fewer nested classes") }
    let isNegated = consume("^" as Unicode.Scalar)
    var items: [ScalarSet.Item] = []
    var intersections: [ScalarSet] = []
    var isFirst = true
    while true {
      let scalar = try take("']'")
      if scalar == "]", !isFirst { break }
      isFirst = false
      if scalar == "[" {
        items.append(try bracketed(ignoresCase: ignoresCase, depth: depth))
      } else if scalar == "&", consume("&" as Unicode.Scalar) {
        intersections.append(ScalarSet(items, ignoresCase: ignoresCase))
        items = []
      } else {
        items.append(try range(from: scalar))
      }
    }
    if intersections.isEmpty { return ScalarSet(items, isNegated: isNegated, ignoresCase: ignoresCase) }
    let last = ScalarSet(items, intersections: intersections, ignoresCase: ignoresCase)
    return isNegated ? ScalarSet([.nested(last)], isNegated: true) : last
  }

  private mutating func bracketed(ignoresCase: Bool, depth: Int) throws(TokenizerError) -> ScalarSet.Item {
    guard consume(":" as Unicode.Scalar) else {
      return .nested(try characterClass(ignoresCase: ignoresCase, depth: depth + 1))
    }
    let isNegated = consume("^" as Unicode.Scalar)
    let name = try name(until: ":")
    guard consume("]" as Unicode.Scalar) else { throw error("':]'") }
    let item = try property(named: name)
    return isNegated ? .nested(ScalarSet([item], isNegated: true)) : item
  }

  private mutating func range(from scalar: Unicode.Scalar) throws(TokenizerError) -> ScalarSet.Item {
    let first = scalar == "\\" ? try escapedItem() : .range(scalar.value, scalar.value)
    guard case .range(let low, _) = first, next == "-", position + 1 < scalars.count,
      scalars[position + 1] != "]", scalars[position + 1] != "["
    else { return first }
    position += 1
    let end = try take("the end of a range")
    let last = end == "\\" ? try escapedItem() : .range(end.value, end.value)
    guard case .range(let high, _) = last, high >= low else { throw error("a range that ascends") }
    return .range(low, high)
  }

  /// What an escape stands for, after its backslash.
  mutating func escapedItem() throws(TokenizerError) -> ScalarSet.Item {
    let scalar = try take("a character after '\\'")
    switch scalar {
    case "s": return .space
    case "S": return .nested(ScalarSet([.space], isNegated: true))
    case "w": return .word
    case "W": return .nested(ScalarSet([.word], isNegated: true))
    case "d": return try property(named: "Nd")
    case "D": return .nested(ScalarSet([try property(named: "Nd")], isNegated: true))
    case "h": return .nested(ScalarSet([.range(0x30, 0x39), .range(0x41, 0x46), .range(0x61, 0x66)]))
    case "p", "P": return try propertyEscape(isNegated: scalar == "P")
    case "x", "u": return try codePoint(digits: scalar == "x" ? 2 : 4)
    case "n": return .range(0x0A, 0x0A)
    case "r": return .range(0x0D, 0x0D)
    case "t": return .range(0x09, 0x09)
    case "f": return .range(0x0C, 0x0C)
    case "v": return .range(0x0B, 0x0B)
    case "e": return .range(0x1B, 0x1B)
    case "a": return .range(0x07, 0x07)
    case "0"..."9", "A"..."Z", "a"..."z":
      position -= 1
      throw error("a known escape")
    default: return .range(scalar.value, scalar.value)
    }
  }

  private mutating func codePoint(digits: Int) throws(TokenizerError) -> ScalarSet.Item {
    let isBraced = consume("{" as Unicode.Scalar)
    var value: UInt32 = 0
    var count = 0
    while let digit = next.flatMap({ Self.digit($0, radix: 16) }), count < (isBraced ? 6 : digits) {
      value = value << 4 | digit
      count += 1
      position += 1
    }
    if count == 0 || (isBraced && !consume("}" as Unicode.Scalar)) { throw error("hexadecimal digits") }
    return .range(value, value)
  }

  private mutating func propertyEscape(isNegated: Bool) throws(TokenizerError) -> ScalarSet.Item {
    var isNegated = isNegated
    let name: String
    if consume("{" as Unicode.Scalar) {
      if consume("^" as Unicode.Scalar) { isNegated.toggle() }
      name = try self.name(until: "}")
    } else {
      name = String(try take("a property"))
    }
    let item = try property(named: name)
    return isNegated ? .nested(ScalarSet([item], isNegated: true)) : item
  }

  private mutating func name(until end: Unicode.Scalar) throws(TokenizerError) -> String {
    var name = String.UnicodeScalarView()
    while let scalar = next, scalar != end {
      name.append(scalar)
      position += 1
    }
    guard consume(end) else { throw error("'\(end)'") }
    return String(name)
  }

  private func property(named name: String) throws(TokenizerError) -> ScalarSet.Item {
    switch name {
    case "Letter", "alpha", "Alphabetic", "Alpha": return .categories(ScalarSet.categoryMask(named: "L") ?? 0)
    case "Number": return .categories(ScalarSet.categoryMask(named: "N") ?? 0)
    case "digit": return .categories(ScalarSet.categoryMask(named: "Nd") ?? 0)
    case "Punctuation", "punct": return .categories(ScalarSet.categoryMask(named: "P") ?? 0)
    case "Mark": return .categories(ScalarSet.categoryMask(named: "M") ?? 0)
    case "Symbol": return .categories(ScalarSet.categoryMask(named: "S") ?? 0)
    case "space", "White_Space", "Space": return .space
    case "word", "Word": return .word
    case "upper": return .categories(ScalarSet.categoryMask(named: "Lu") ?? 0)
    case "lower": return .categories(ScalarSet.categoryMask(named: "Ll") ?? 0)
    default:
      if let ranges = ScriptRanges.ranges(ofScript: name) {
        return .nested(ScalarSet(ranges.map { .range($0.lowerBound, $0.upperBound) }))
      }
      guard let mask = ScalarSet.categoryMask(named: name) else {
        throw error("a known property, not '\(name)'")
      }
      return .categories(mask)
    }
  }
}
