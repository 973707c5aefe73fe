/// Writes values as JSON the way Python's `json.dumps` does when it leaves characters beyond ASCII alone.
struct JSONWriter {
  private static let depthLimit = 128

  private var indentation: String?
  private var itemSeparator: String
  private var keySeparator = ": "
  private var sortsKeys: Bool

  /// Takes the arguments of `tojson`.
  init(_ arguments: inout CallArguments) throws(TemplateError) {
    let isEscaped = arguments.named.firstIndex { $0.name == "ensure_ascii" }
    if let isEscaped { arguments.named.remove(at: isEscaped) }
    let indent = arguments.take("indent") ?? .none
    if let count = indent.integer {
      guard count <= 1 << 10 else { throw TemplateError(.limit, "an indentation is too wide") }
      indentation = String(repeating: " ", count: max(0, count))
    } else {
      indentation = indent.text
    }
    itemSeparator = indentation == nil ? ", " : ","
    sortsKeys = false
    if let separators = arguments.take("separators")?.elements, separators.count == 2 {
      itemSeparator = PythonText.string(separators[0])
      keySeparator = PythonText.string(separators[1])
    }
    sortsKeys = arguments.flag("sort_keys")
    try arguments.end(of: "tojson")
  }

  func text(of value: Value) throws(TemplateError) -> String {
    var output = ""
    try write(value, depth: 0, to: &output)
    return output
  }

  private func write(_ value: Value, depth: Int, to output: inout String) throws(TemplateError) {
    guard depth < Self.depthLimit else {
      throw TemplateError(.limit, "'tojson' nests over \(Self.depthLimit) levels deep")
    }
    switch value {
    case .none: output += "null"
    case .bool(let isTrue): output += isTrue ? "true" : "false"
    case .int(let integer): output += String(integer)
    case .double(let number):
      output +=
        number.isNaN
        ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : PythonText.number(number)
    case .string(let text): Self.write(text, to: &output)
    case .list(let values), .tuple(let values):
      try container("[", "]", count: values.count, depth: depth, to: &output) {
        index, output throws(TemplateError) in
        try write(values[index], depth: depth + 1, to: &output)
      }
    case .dictionary(let dictionary): try write(dictionary, depth: depth, to: &output)
    case .undefined, .namespace, .macro, .function, .method, .loop:
      throw TemplateInterpreter.mismatch("tojson", "a value that JSON can write", value)
    }
  }

  private func write(_ dictionary: ValueDictionary, depth: Int, to output: inout String) throws(TemplateError)
  {
    var entries: [(key: String, value: Value)] = []
    for (key, value) in dictionary.entries { entries.append((try Self.key(key), value)) }
    if sortsKeys { entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
    try container("{", "}", count: entries.count, depth: depth, to: &output) {
      index, output throws(TemplateError) in
      Self.write(entries[index].key, to: &output)
      output += keySeparator
      try write(entries[index].value, depth: depth + 1, to: &output)
    }
  }

  private func container(
    _ start: String, _ end: String, count: Int, depth: Int, to output: inout String,
    _ item: (Int, inout String) throws(TemplateError) -> Void
  ) throws(TemplateError) {
    try TemplateLimits.check(bytes: output.utf8.count)
    output += start
    for index in 0..<count {
      if index > 0 { output += itemSeparator }
      if let indentation { output += "\n" + String(repeating: indentation, count: depth + 1) }
      try item(index, &output)
    }
    if let indentation, count > 0 { output += "\n" + String(repeating: indentation, count: depth) }
    output += end
  }

  private static func key(_ value: Value) throws(TemplateError) -> String {
    switch value {
    case .string(let text): return text
    case .none: return "null"
    case .bool(let isTrue): return isTrue ? "true" : "false"
    case .int, .double: return PythonText.string(value)
    default: throw TemplateInterpreter.mismatch("tojson", "keys that are strings or numbers", value)
    }
  }

  private static func write(_ text: String, to output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{8}": output += "\\b"
      case "\u{C}": output += "\\f"
      default:
        guard scalar.value < 0x20 else {
          output.unicodeScalars.append(scalar)
          continue
        }
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    output += "\""
  }
}
