/// The methods of strings.
enum StringMethods {
  private static let widthLimit = 1 << 16

  static func call(_ name: String, on text: String, _ arguments: inout CallArguments) throws(TemplateError)
    -> Value
  {
    switch name {
    case "strip", "lstrip", "rstrip":
      let scalars = try characters(&arguments)
      return .string(PythonText.stripped(text, of: scalars, left: name != "rstrip", right: name != "lstrip"))
    case "split", "rsplit": return try split(text, fromTheRight: name == "rsplit", &arguments)
    case "splitlines":
      return .list(PythonText.lines(text, keepsEnds: arguments.flag("keepends")).map(Value.string))
    case "startswith": return .bool(try affixes(&arguments).contains { text.utf8.starts(with: $0.utf8) })
    case "endswith":
      return .bool(try affixes(&arguments).contains { text.utf8.reversed().starts(with: $0.utf8.reversed()) })
    case "replace":
      let old = try arguments.requiredText("old")
      let new = try arguments.requiredText("new")
      let limit = try arguments.integer("count").flatMap { $0 < 0 ? nil : $0 }
      return .string(try PythonText.replacing(old, in: text, with: new, limit: limit))
    case "join":
      let values = try arguments.required("iterable")
      guard let parts = values.elements, parts.allSatisfy({ $0.text != nil }) else {
        throw TemplateInterpreter.mismatch("join", "strings", values)
      }
      return .string(try PythonText.joined(parts.compactMap(\.text), separator: text))
    case "removeprefix":
      let prefix = try arguments.requiredText("prefix")
      let isThere = text.utf8.starts(with: prefix.utf8)
      return .string(isThere ? String(text.unicodeScalars.dropFirst(prefix.unicodeScalars.count)) : text)
    case "removesuffix":
      let suffix = try arguments.requiredText("suffix")
      let isThere = text.utf8.reversed().starts(with: suffix.utf8.reversed())
      return .string(isThere ? String(text.unicodeScalars.dropLast(suffix.unicodeScalars.count)) : text)
    case "partition", "rpartition":
      return try partitioned(text, fromTheRight: name == "rpartition", &arguments)
    case "find", "rfind", "index", "count": return try searched(name, text, &arguments)
    case "zfill", "ljust", "rjust", "center": return try padded(name, text, &arguments)
    case "format": return .string(try formatted(text, &arguments))
    default: return cased(name, text) ?? .bool(classified(name, text))
    }
  }

  /// The characters to strip; none stands for white space.
  private static func characters(_ arguments: inout CallArguments) throws(TemplateError) -> String? {
    guard let value = arguments.take("chars") else { return nil }
    if case .none = value { return nil }
    guard let text = value.text else { throw TemplateInterpreter.mismatch("strip", "a string", value) }
    return text
  }

  private static func cased(_ name: String, _ text: String) -> Value? {
    switch name {
    case "upper": .string(text.uppercased())
    case "lower", "casefold": .string(text.lowercased())
    case "title": .string(PythonText.title(text))
    case "capitalize": .string(PythonText.capitalized(text))
    case "swapcase":
      .string(
        text.unicodeScalars.map {
          $0.properties.isUppercase ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping
        }.joined())
    default: nil
    }
  }

  private static func classified(_ name: String, _ text: String) -> Bool {
    let scalars = text.unicodeScalars
    func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool { !text.isEmpty && scalars.allSatisfy(holds) }
    func isLetter(_ scalar: Unicode.Scalar) -> Bool { ScalarClass(scalar) == .letter }
    switch name {
    case "isdigit", "isdecimal": return all { $0.properties.generalCategory == .decimalNumber }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalpha": return all(isLetter)
    case "isalnum": return all { isLetter($0) || $0.properties.numericType != nil }
    case "isspace": return all(PythonText.isSpace)
    case "isupper":
      return scalars.contains { $0.properties.isUppercase } && !scalars.contains { $0.properties.isLowercase }
    default:
      return scalars.contains { $0.properties.isLowercase } && !scalars.contains { $0.properties.isUppercase }
    }
  }

  /// The prefixes or suffixes asked about: a string, or several.
  private static func affixes(_ arguments: inout CallArguments) throws(TemplateError) -> [String] {
    let value = try arguments.required("prefix")
    if let text = value.text { return [text] }
    guard case .tuple(let values) = value else {
      throw TemplateInterpreter.mismatch("startswith", "a string or a tuple of strings", value)
    }
    return values.compactMap(\.text)
  }

  private static func split(
    _ text: String, fromTheRight: Bool, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let separator = try characters(&arguments)
    let count = try arguments.integer("maxsplit") ?? -1
    let limit = count < 0 ? Int.max : count
    func reversed(_ text: String) -> String { TemplateLexer.string(text.unicodeScalars.reversed()) }
    if separator?.isEmpty == true { throw TemplateError(.type, "'split' got an empty separator") }
    let source = fromTheRight ? reversed(text) : text
    var parts: [String]
    if let separator {
      parts = PythonText.split(
        source, separator: fromTheRight ? reversed(separator) : separator, limit: limit)
    } else {
      parts = PythonText.splitAtSpaces(source, limit: limit)
    }
    if fromTheRight { parts = parts.reversed().map(reversed) }
    return .list(parts.map(Value.string))
  }

  private static func partitioned(
    _ text: String, fromTheRight: Bool, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let separator = try arguments.requiredText("sep")
    if separator.isEmpty { throw TemplateError(.type, "'partition' got an empty separator") }
    let parts = PythonText.split(text, separator: separator)
    if parts.count == 1 {
      return .tuple((fromTheRight ? ["", "", text] : [text, "", ""]).map(Value.string))
    }
    let cut = fromTheRight ? parts.count - 1 : 1
    let head = parts[..<cut].joined(separator: separator)
    return .tuple([head, separator, parts[cut...].joined(separator: separator)].map(Value.string))
  }

  private static func searched(
    _ name: String, _ text: String, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let part = try arguments.requiredText("sub")
    let places = PythonText.occurrences(of: Array(part.unicodeScalars), in: Array(text.unicodeScalars))
    switch name {
    case "count": return .int(places.count)
    case "rfind": return .int(places.last ?? -1)
    case "find": return .int(places.first ?? -1)
    default:
      guard let place = places.first else {
        throw TemplateError(.type, "the substring '\(part)' is not found")
      }
      return .int(place)
    }
  }

  private static func padded(
    _ name: String, _ text: String, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let width = try arguments.integer("width") ?? 0
    let filling = try arguments.text("fillchar") ?? (name == "zfill" ? "0" : " ")
    guard width <= widthLimit else { throw TemplateError(.limit, "a width is over \(widthLimit)") }
    let missing = max(0, width - text.unicodeScalars.count)
    let left: Int
    switch name {
    case "ljust": left = 0
    case "center": left = missing / 2 + (missing & width & 1)
    default: left = missing
    }
    func filler(_ count: Int) -> String { String(repeating: filling, count: count) }
    if name == "zfill", let sign = text.unicodeScalars.first, sign == "-" || sign == "+" {
      return .string(String(sign) + filler(missing) + String(text.unicodeScalars.dropFirst()))
    }
    return .string(filler(left) + text + filler(missing - left))
  }

  /// `format` with `{}`, `{0}` and `{name}`, and no format specifications.
  private static func formatted(_ text: String, _ arguments: inout CallArguments) throws(TemplateError)
    -> String
  {
    let positional = arguments.removePositional()
    let named = arguments.named
    arguments.named = []
    var result: [Unicode.Scalar] = []
    var scalars = text.unicodeScalars[...]
    var automatic = 0
    while let scalar = scalars.popFirst() {
      if scalar == "{" || scalar == "}", scalars.first == scalar {
        result.append(scalar)
        scalars.removeFirst()
      } else if scalar == "{" {
        let field = String(scalars.prefix { $0 != "}" })
        scalars.removeFirst(min(scalars.count, field.unicodeScalars.count + 1))
        let index = field.isEmpty ? automatic : Int(field)
        if field.isEmpty { automatic += 1 }
        let value =
          index.map { positional.indices.contains($0) ? positional[$0] : nil }
          ?? named.first { $0.name == field }?.value
        guard let value else { throw TemplateError(.type, "'format' has no value for '{\(field)}'") }
        result += PythonText.string(value).unicodeScalars
      } else {
        result.append(scalar)
      }
    }
    return TemplateLexer.string(result)
  }
}
