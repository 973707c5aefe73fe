/// Operations on text as Python has them: characters are scalars, and equality is that of scalars.
enum PythonText {
  /// What `str` makes of a value.
  static func string(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .undefined: ""
    default: representation(value)
    }
  }

  /// What `repr` makes of a value.
  static func representation(_ value: Value) -> String {
    switch value {
    case .undefined: return "Undefined"
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .int(let value): return String(value)
    case .double(let value): return number(value)
    case .string(let text): return quoted(text)
    case .list(let values): return "[" + values.map(representation).joined(separator: ", ") + "]"
    case .tuple(let values):
      return "(" + values.map(representation).joined(separator: ", ") + (values.count == 1 ? ",)" : ")")
    case .dictionary(let dictionary):
      let members = dictionary.entries.map { representation($0.key) + ": " + representation($0.value) }
      return "{" + members.joined(separator: ", ") + "}"
    case .namespace, .macro, .function, .method, .loop: return "<\(value.typeName)>"
    }
  }

  /// A floating-point number in the fewest digits that identify it.
  static func number(_ value: Double) -> String {
    value.isNaN ? "nan" : value.isInfinite ? (value < 0 ? "-inf" : "inf") : value.description
  }

  private static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar =
      text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var result = String(quote).unicodeScalars
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case quote: result.append(contentsOf: ["\\", quote])
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          result.append(contentsOf: ("\\x" + (digits.count < 2 ? "0" : "") + digits).unicodeScalars)
        } else {
          result.append(scalar)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// The text without the given scalars, or without white space, at its ends.
  static func stripped(_ text: String, of scalars: String?, left: Bool = true, right: Bool = true) -> String {
    let unwanted = scalars.map { Set($0.unicodeScalars) }
    func isUnwanted(_ scalar: Unicode.Scalar) -> Bool { unwanted?.contains(scalar) ?? isSpace(scalar) }
    var rest = text.unicodeScalars[...]
    while left, let first = rest.first, isUnwanted(first) { rest.removeFirst() }
    while right, let last = rest.last, isUnwanted(last) { rest.removeLast() }
    return String(rest)
  }

  /// The place of the first occurrence, counted in scalars.
  static func find(_ part: String, in text: String) -> Int? {
    let occurrences = occurrences(of: Array(part.unicodeScalars), in: Array(text.unicodeScalars), limit: 1)
    return occurrences.first
  }

  static func occurrences(of part: [Unicode.Scalar], in text: [Unicode.Scalar], limit: Int = .max) -> [Int] {
    if part.isEmpty { return limit > 0 ? Array(0...text.count).prefix(limit).map { $0 } : [] }
    var result: [Int] = []
    var index = 0
    while index + part.count <= text.count, result.count < limit {
      if text[index] == part[0], text[index..<index + part.count].elementsEqual(part) {
        result.append(index)
        index += part.count
      } else {
        index += 1
      }
    }
    return result
  }

  static func joined(_ parts: [String], separator: String) throws(TemplateError) -> String {
    try TemplateLimits.check(bytes: separator.utf8.count, times: parts.count)
    try TemplateLimits.check(bytes: parts.reduce(0) { $0 + $1.utf8.count })
    return parts.joined(separator: separator)
  }

  static func replacing(
    _ part: String, in text: String, with content: String, limit: Int? = nil
  ) throws(TemplateError) -> String {
    let part = Array(part.unicodeScalars)
    let source = Array(text.unicodeScalars)
    var result: [Unicode.Scalar] = []
    var done = 0
    let places = occurrences(of: part, in: source, limit: max(0, limit ?? .max))
    try TemplateLimits.check(bytes: content.utf8.count, times: places.count)
    for start in places {
      result += source[done..<start]
      result += content.unicodeScalars
      done = start + part.count
    }
    return TemplateLexer.string(result + source[done...])
  }

  /// The parts between occurrences of a separator.
  static func split(_ text: String, separator: String, limit: Int = .max) -> [String] {
    let separator = Array(separator.unicodeScalars)
    let source = Array(text.unicodeScalars)
    var parts: [String] = []
    var done = 0
    for start in occurrences(of: separator, in: source, limit: limit) {
      parts.append(TemplateLexer.string(source[done..<start]))
      done = start + separator.count
    }
    return parts + [TemplateLexer.string(source[done...])]
  }

  /// The parts between runs of white space, none of them empty.
  static func splitAtSpaces(_ text: String, limit: Int = .max) -> [String] {
    var parts: [String] = []
    var rest = text.unicodeScalars[...]
    while true {
      while let first = rest.first, isSpace(first) { rest.removeFirst() }
      if rest.isEmpty { return parts }
      guard parts.count < limit else { return parts + [stripped(String(rest), of: nil, left: false)] }
      let word = rest.prefix { !isSpace($0) }
      parts.append(String(word))
      rest.removeFirst(word.count)
    }
  }

  /// The lines without their ends.
  static func lines(_ text: String, keepsEnds: Bool = false) -> [String] {
    var lines: [String] = []
    var line: [Unicode.Scalar] = []
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      var end = [scalar]
      if scalar == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { end.append("\n") }
      index += end.count
      if isLineEnd(scalar) {
        lines.append(TemplateLexer.string(keepsEnds ? line + end : line))
        line = []
      } else {
        line.append(scalar)
      }
    }
    return line.isEmpty ? lines : lines + [TemplateLexer.string(line)]
  }

  private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// The text with the first letter of each word in upper case and the others in lower case.
  static func title(_ text: String) -> String {
    var result = ""
    var isInWord = false
    for scalar in text.unicodeScalars {
      result += isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
      isInWord = scalar.properties.isCased
    }
    return result
  }

  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }
}
