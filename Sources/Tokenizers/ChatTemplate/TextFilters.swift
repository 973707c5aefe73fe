/// The filters that take any value as text.
enum TextFilters {
  /// Nil if there is no such filter here.
  static func apply(_ name: String, _ input: Value, _ arguments: inout CallArguments) throws(TemplateError)
    -> Value?
  {
    let text = PythonText.string(input)
    switch name {
    case "trim": return .string(PythonText.stripped(text, of: try arguments.text("chars")))
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(title(text))
    case "capitalize": return .string(PythonText.capitalized(text))
    case "string", "safe": return .string(text)
    case "replace":
      let old = try arguments.requiredText("old")
      let new = PythonText.string(try arguments.required("new"))
      return .string(
        try PythonText.replacing(old, in: text, with: new, limit: try arguments.integer("count")))
    case "indent": return .string(try indented(text, &arguments))
    case "escape", "e", "forceescape": return .string(escaped(text))
    case "wordcount": return .int(PythonText.splitAtSpaces(text).count)
    case "center":
      let width = try arguments.integer("width") ?? 80
      return try TemplateMethod.call("center", on: .string(text), CallArguments([.int(width)]))
    case "truncate": return .string(try truncated(text, &arguments))
    default: return nil
    }
  }

  /// Upper case behind white space and opening brackets, lower case elsewhere.
  private static func title(_ text: String) -> String {
    var result = ""
    var startsWord = true
    for scalar in text.unicodeScalars {
      result += startsWord ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
      startsWord = PythonText.isSpace(scalar) || "-([{<".unicodeScalars.contains(scalar)
    }
    return result
  }

  private static func indented(_ text: String, _ arguments: inout CallArguments) throws(TemplateError)
    -> String
  {
    let width = arguments.take("width") ?? .int(4)
    let indentation: String
    if let count = width.integer {
      guard count <= 1 << 16 else { throw TemplateError(.limit, "an indentation is too wide") }
      indentation = String(repeating: " ", count: max(0, count))
    } else {
      indentation = PythonText.string(width)
    }
    let indentsFirst = arguments.flag("first")
    let indentsBlank = arguments.flag("blank")
    var lines = PythonText.lines(text + "\n")
    try TemplateLimits.check(bytes: indentation.utf8.count, times: lines.count)
    for index in lines.indices.dropFirst() where indentsBlank || !lines[index].isEmpty {
      lines[index] = indentation + lines[index]
    }
    return (indentsFirst ? indentation : "") + (try PythonText.joined(lines, separator: "\n"))
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&#34;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func truncated(_ text: String, _ arguments: inout CallArguments) throws(TemplateError)
    -> String
  {
    let length = try arguments.integer("length") ?? 255
    let cutsWords = arguments.flag("killwords")
    let end = try arguments.text("end") ?? "..."
    let leeway = try arguments.integer("leeway") ?? 5
    let scalars = Array(text.unicodeScalars)
    let kept = length - end.unicodeScalars.count
    guard kept >= 0, leeway >= 0 else {
      throw TemplateError(.type, "'truncate' is asked for less than its ending")
    }
    if scalars.count - leeway <= length { return text }
    var start = Array(scalars.prefix(kept))
    if !cutsWords, let space = start.lastIndex(of: " ") { start.removeSubrange(space...) }
    return TemplateLexer.string(start) + end
  }
}
