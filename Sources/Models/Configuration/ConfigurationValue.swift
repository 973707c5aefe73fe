internal import FoundationEssentials

/// A value of a model's `config.json` or of a GGUF file's metadata.
public enum ConfigurationValue: Sendable, Equatable {
  /// JSON's `null`; a key that is not there has no value at all.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number written without fraction and exponent that fits 64 bits.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text, its escapes resolved.
  case string(String)
  /// Values in their order, of any kinds.
  case array([ConfigurationValue])
  /// Values by key.
  case object([String: ConfigurationValue])

  /// What the value is, for messages: `"abc"`, `12`, `an object`.
  public var summary: String {
    switch self {
    case .null: return "null"
    case .boolean(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .string(let value): return "\"\(value.prefix(60))\""
    case .array(let values): return "an array of \(values.count)"
    case .object: return "an object"
    }
  }

  /// The value as a floating-point number, if it is one of either kind.
  public var asDouble: Double? {
    switch self {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: return nil
    }
  }
}

extension ConfigurationValue: Codable {
  /// Reads any JSON value; whole numbers that fit are integers.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([ConfigurationValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: ConfigurationValue].self))
    }
  }

  /// Writes the value as JSON.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }
}

extension [String: ConfigurationValue] {
  /// The object that the JSON text of a file holds.
  ///
  /// - Throws: ``ModelError/unreadable(file:reason:)``.
  public init(json: [UInt8], file: String) throws {
    let decoded: ConfigurationValue
    do {
      decoded = try JSONDecoder().decode(ConfigurationValue.self, from: Data(json))
    } catch {
      throw ModelError.unreadable(file: file, reason: "it is not JSON text")
    }
    guard case .object(let object) = decoded else {
      throw ModelError.unreadable(file: file, reason: "it holds \(decoded.summary), not an object")
    }
    self = object
  }

  /// The object as indented JSON text with sorted keys, ending in a line break.
  ///
  /// - Throws: an encoding error for numbers that JSON cannot express.
  public func jsonText() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
