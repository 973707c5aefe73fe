/// A JSON document in memory; objects keep the order of their keys.
enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// A number with a fraction or exponent, or an integer beyond 64 bits.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  var object: [(key: String, value: JSONValue)]? {
    if case .object(let entries) = self { entries } else { nil }
  }

  /// The value of a key of an object.
  subscript(key: String) -> JSONValue? {
    object?.first { $0.key == key }?.value
  }

  /// What kind of value it is, for messages.
  var kindName: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "the number \(value)"
    case .number(let value): "the number \(value)"
    case .string(let text): "the text \"\(FileFormatError.readable(text))\""
    case .array(let values): "an array of \(values.count)"
    case .object(let entries): "an object of \(entries.count)"
    }
  }

  /// The document as text: compact, or with two spaces of indentation a level.
  func text(indented: Bool = false) -> String {
    var output = ""
    append(to: &output, indentation: indented ? 0 : nil)
    return output
  }

  private func append(to output: inout String, indentation: Int?) {
    switch self {
    case .null: output += "null"
    case .boolean(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .number(let value): output += Self.numeral(value)
    case .string(let text): Self.quote(text, into: &output)
    case .array(let values):
      Self.list(values, "[", "]", &output, indentation) { value, output, inner in
        value.append(to: &output, indentation: inner)
      }
    case .object(let entries):
      Self.list(entries, "{", "}", &output, indentation) { entry, output, inner in
        Self.quote(entry.key, into: &output)
        output += inner == nil ? ":" : ": "
        entry.value.append(to: &output, indentation: inner)
      }
    }
  }

  private static func list<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, _ output: inout String, _ indentation: Int?,
    _ append: (Element, inout String, Int?) -> Void
  ) {
    output += opening
    let inner = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { output += "," }
      if let inner { output += "\n" + String(repeating: " ", count: inner) }
      append(element, &output, inner)
    }
    if let indentation, !elements.isEmpty { output += "\n" + String(repeating: " ", count: indentation) }
    output += closing
  }

  /// JSON has no infinities; a number that is whole keeps its fraction, so that readers see a float.
  private static func numeral(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "null"
  }

  private static func quote(_ text: String, into output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
