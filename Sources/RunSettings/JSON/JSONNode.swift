/// One value of a JSON text together with the place where it starts.
public struct JSONNode: Sendable {
  /// What was written.
  public let value: JSONValue
  /// Byte offset of the value's first character in the text.
  public let offset: Int

  /// A value at a place.
  public init(_ value: JSONValue, offset: Int) {
    self.value = value
    self.offset = offset
  }

  /// The members when the value is an object.
  public var members: [JSONMember]? {
    if case .object(let members) = value { members } else { nil }
  }

  /// The text when the value is a string.
  public var string: String? {
    if case .string(let string) = value { string } else { nil }
  }
}

/// The six kinds of JSON values.
public indirect enum JSONValue: Sendable {
  /// The word `null`.
  case null
  /// The words `true` and `false`.
  case bool(Bool)
  /// A finite number.
  case number(JSONNumber)
  /// A string, escapes resolved.
  case string(String)
  /// Values in brackets.
  case array([JSONNode])
  /// Named values in braces, in the order of the text, duplicates included.
  case object([JSONMember])
}

/// A name and its value inside an object.
public struct JSONMember: Sendable {
  /// The name, escapes resolved.
  public let key: String
  /// Byte offset of the name's opening quote.
  public let keyOffset: Int
  /// The value.
  public let node: JSONNode
}

/// A finite number as written, with its values.
public struct JSONNumber: Sendable, Equatable {
  /// The characters of the text, such as `5e8`.
  public let text: String
  /// The nearest double.
  public let double: Double

  /// The whole number, when the written one is whole and fits: `5e8` and `2.0` count as whole.
  public var integer: Int? {
    if let exact = Int(text) { return exact }
    return Int(exactly: double)
  }
}

extension JSONNode {
  /// The value as compact JSON text, numbers as they were written.
  public var text: String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): number.text
    case .string(let string): string.quotedAsJSON
    case .array(let nodes): "[" + nodes.map(\.text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\($0.key.quotedAsJSON): \($0.node.text)" }.joined(separator: ", ") + "}"
    }
  }

  /// The value in at most 60 characters, for messages.
  var shortText: String {
    switch value {
    case .array(let nodes) where nodes.count > 8: return "a list of \(nodes.count) values"
    case .object(let members) where members.count > 2: return "an object of \(members.count) keys"
    default: break
    }
    let whole = text
    return whole.count > 60 ? whole.prefix(57) + "..." : whole
  }
}

extension String {
  /// The string in double quotes with JSON's escapes.
  var quotedAsJSON: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
