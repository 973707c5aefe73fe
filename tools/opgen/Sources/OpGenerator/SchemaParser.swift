/// Reads operator declarations: the value after `func:` in native_functions.yaml.
public struct SchemaParser {
  private let text: String

  public init(_ text: String) {
    self.text = text
  }

  /// The declaration that the text holds.
  ///
  /// - Throws: `OpGeneratorError` naming the part that is not understood.
  public func schema() throws(OpGeneratorError) -> OpSchema {
    guard let open = text.firstIndex(of: "("), let arrow = text.firstRange(of: ") -> ") else {
      throw OpGeneratorError("'\(text)' is not an operator declaration")
    }
    let names = text[..<open].split(separator: ".", maxSplits: 1)
    let results = String(text[arrow.upperBound...])
    return OpSchema(
      name: String(names.first ?? ""), overload: names.count > 1 ? String(names[1]) : "",
      arguments: try arguments(String(text[text.index(after: open)..<arrow.lowerBound])),
      results: try self.results(results), text: text)
  }

  private func arguments(_ list: String) throws(OpGeneratorError) -> [OpSchema.Argument] {
    var arguments: [OpSchema.Argument] = []
    var isKeywordOnly = false
    for part in Self.split(list) {
      if part == "*" {
        isKeywordOnly = true
        continue
      }
      arguments.append(try argument(part, isKeywordOnly: isKeywordOnly))
    }
    return arguments
  }

  private func argument(_ part: String, isKeywordOnly: Bool) throws(OpGeneratorError) -> OpSchema.Argument {
    let (typeText, rest) = try Self.typeAndName(part, in: text)
    let pair = rest.split(separator: "=", maxSplits: 1).map(String.init)
    return OpSchema.Argument(
      name: pair[0], type: try type(typeText), defaultText: pair.count > 1 ? pair[1] : nil,
      isKeywordOnly: isKeywordOnly)
  }

  private func results(_ list: String) throws(OpGeneratorError) -> [OpSchema.Result] {
    guard list.hasPrefix("(") else { return [OpSchema.Result(name: nil, type: try type(list))] }
    var results: [OpSchema.Result] = []
    for part in Self.split(String(list.dropFirst().dropLast())) {
      if let (typeText, name) = try? Self.typeAndName(part, in: text) {
        results.append(OpSchema.Result(name: name, type: try type(typeText)))
      } else {
        results.append(OpSchema.Result(name: nil, type: try type(part)))
      }
    }
    return results
  }

  /// The type that a text such as `Tensor(a!)[]`, `int[1]?` or `Tensor?[]` names.
  func type(_ written: String) throws(OpGeneratorError) -> SchemaType {
    var rest = written
    var isWritten = false
    if let open = rest.firstIndex(of: "("), let close = rest.firstIndex(of: ")") {
      isWritten = rest[open...close].contains("!")
      rest.removeSubrange(open...close)
    }
    let isOptional = rest.hasSuffix("?")
    if isOptional { rest.removeLast() }
    var isList = false
    var count: Int?
    if rest.hasSuffix("]"), let open = rest.firstIndex(of: "[") {
      isList = true
      count = Int(rest[rest.index(after: open)...].dropLast())
      rest.removeSubrange(open...)
    }
    let hasOptionalElements = rest.hasSuffix("?")
    if hasOptionalElements { rest.removeLast() }
    guard let base = SchemaType.Base(rawValue: rest) else {
      throw OpGeneratorError("'\(text)': the type '\(written)' is not supported")
    }
    return SchemaType(
      base: base, isList: isList, listCount: count, isOptional: isOptional,
      hasOptionalElements: hasOptionalElements, isWritten: isWritten)
  }

  /// The parts between commas that stand outside every bracket.
  private static func split(_ list: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in list {
      if character == ",", depth == 0 {
        parts.append(current)
        current = ""
        continue
      }
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if current.isEmpty, character == " " { continue }
      current.append(character)
    }
    return current.isEmpty ? parts : parts + [current]
  }

  /// Divides `Tensor(a -> *) self` at the last space outside brackets.
  private static func typeAndName(_ part: String, in text: String) throws(OpGeneratorError) -> (
    String, String
  ) {
    guard let space = part.lastIndex(of: " "), part[space...].firstIndex(of: ")") == nil else {
      throw OpGeneratorError("'\(text)': '\(part)' has no name")
    }
    return (String(part[..<space]), String(part[part.index(after: space)...]))
  }
}

/// The operators of one native_functions.yaml, by full name.
public struct DeclarationFile {
  private var texts: [String: String] = [:]

  /// Takes the `- func:` lines of the file; its other keys do not matter here.
  public init(yaml: String) {
    let mark = "- func: "
    for line in yaml.split(separator: "\n") where line.hasPrefix(mark) {
      let declaration = String(line.dropFirst(mark.count))
      guard let open = declaration.firstIndex(of: "(") else { continue }
      texts[String(declaration[..<open])] = declaration
    }
  }

  /// The declaration of an operator.
  ///
  /// - Throws: `OpGeneratorError` when the file has none of this name.
  public func schema(named name: String) throws(OpGeneratorError) -> OpSchema {
    guard let text = texts[name] else {
      throw OpGeneratorError(
        "native_functions.yaml has no operator '\(name)'; is it that of libtorch 2.11.0?")
    }
    return try SchemaParser(text).schema()
  }
}
