/// A value that is given to a chat template: what JSON can write.
public enum TemplateValue: Sendable, Hashable {
  /// A member of a dictionary.
  public struct Entry: Sendable, Hashable {
    /// The name.
    public let key: String
    /// What it stands for.
    public let value: TemplateValue

    /// Makes a member.
    public init(_ key: String, _ value: TemplateValue) {
      self.key = key
      self.value = value
    }
  }

  /// Nothing; JSON's null.
  case none
  /// True or false.
  case bool(Bool)
  /// An integer.
  case int(Int)
  /// A floating-point number.
  case double(Double)
  /// Text; templates index and slice it by characters.
  case string(String)
  /// Values in order.
  case list([TemplateValue])
  /// Members in the order in which they are written out.
  case dictionary([Entry])

  /// Reads a JSON text, keeping the order of its members.
  ///
  /// - Throws: `TokenizerError` with the line of what is wrong.
  public init(json: [UInt8]) throws(TokenizerError) {
    self.init(try JSONDocument(json, name: "JSON").root)
  }

  private init(_ node: JSONNode) {
    switch node.kind {
    case .null: self = .none
    case .bool: self = .bool(node.bool ?? false)
    case .number: self = node.int.map(TemplateValue.int) ?? .double(node.double ?? 0)
    case .string: self = .string(node.string ?? "")
    case .array: self = .list(node.elements.map { TemplateValue($0) })
    case .object: self = .dictionary(node.members.map { Entry($0.key, TemplateValue($0.value)) })
    }
  }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A floating-point number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// A list.
  public init(arrayLiteral elements: TemplateValue...) { self = .list(elements) }
  /// A dictionary with its members in the order written.
  public init(dictionaryLiteral elements: (String, TemplateValue)...) {
    self = .dictionary(elements.map { Entry($0.0, $0.1) })
  }
  /// The value that stands for nothing.
  public init(nilLiteral: ()) { self = .none }
}

extension Value {
  /// The value that a template works with.
  init(_ value: TemplateValue) {
    switch value {
    case .none: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .double(value)
    case .string(let value): self = .string(value)
    case .list(let values): self = .list(values.map { Value($0) })
    case .dictionary(let entries):
      self = .dictionary(ValueDictionary(entries.map { (.string($0.key), Value($0.value)) }))
    }
  }
}
