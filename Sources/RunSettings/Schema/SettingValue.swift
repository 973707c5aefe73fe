/// A Swift type that a JSON value can be read as.
public protocol SettingValue: Sendable, Equatable {
  /// What to write, such as `a whole number`.
  static var expectation: String { get }
  /// The words that may be written, when there is a fixed set.
  static var choices: [String] { get }
  /// The JSON value as this type.
  static func reading(_ node: JSONNode) -> SettingReading<Self>
  /// The value as JSON text.
  var text: String { get }
  /// The numbers in the value, which limits of a key apply to.
  var numbers: [Double] { get }
}

/// What came of reading a JSON value as some type.
public enum SettingReading<Value: SettingValue>: Sendable {
  /// Read as it is meant to be written.
  case value(Value)
  /// A value written in an unusual way; the text says what to write instead.
  case lenient(Value, advice: String)
  /// Not a value of the type.
  case mismatch
}

extension SettingValue {
  /// No fixed set of words.
  public static var choices: [String] { [] }
  /// No numbers.
  public var numbers: [Double] { [] }
}

extension Bool: SettingValue {
  /// `true or false`.
  public static var expectation: String { "true or false" }

  /// A truth value; the words in quotes and 0 and 1 are taken with advice.
  public static func reading(_ node: JSONNode) -> SettingReading<Bool> {
    switch node.value {
    case .bool(let flag): return .value(flag)
    case .string(let word) where ["true", "false"].contains(word.lowercased()):
      return .lenient(word.lowercased() == "true", advice: "\(word.lowercased()) without quotes")
    case .number(let number) where number.integer == 0 || number.integer == 1:
      return .lenient(number.integer == 1, advice: number.integer == 1 ? "true" : "false")
    default: return .mismatch
    }
  }

  /// `true` or `false`.
  public var text: String { self ? "true" : "false" }
}

extension Int: SettingValue {
  /// `a whole number`.
  public static var expectation: String { "a whole number" }

  /// A whole number, also written as `5e8`; one in quotes is taken with advice.
  public static func reading(_ node: JSONNode) -> SettingReading<Int> {
    switch node.value {
    case .number(let number): return number.integer.map { .value($0) } ?? .mismatch
    case .string(let word):
      guard let number = JSONNumber(quoted: word)?.integer else { return .mismatch }
      return .lenient(number, advice: "\(word) without quotes")
    default: return .mismatch
    }
  }

  /// Decimal digits.
  public var text: String { description }
  /// The number itself.
  public var numbers: [Double] { [Double(self)] }
}

extension Double: SettingValue {
  /// `a number`.
  public static var expectation: String { "a number" }

  /// A finite number; one in quotes is taken with advice.
  public static func reading(_ node: JSONNode) -> SettingReading<Double> {
    switch node.value {
    case .number(let number): return .value(number.double)
    case .string(let word):
      guard let number = JSONNumber(quoted: word) else { return .mismatch }
      return .lenient(number.double, advice: "\(word) without quotes")
    default: return .mismatch
    }
  }

  /// The shortest digits that give the number back.
  public var text: String { description }
  /// The number itself.
  public var numbers: [Double] { [self] }
}

extension String: SettingValue {
  /// `a string`.
  public static var expectation: String { "a string" }

  /// A string in quotes.
  public static func reading(_ node: JSONNode) -> SettingReading<String> {
    node.string.map { .value($0) } ?? .mismatch
  }

  /// The string in quotes.
  public var text: String { quotedAsJSON }
}

extension JSONNode: SettingValue {
  /// `any JSON value`.
  public static var expectation: String { "any JSON value" }
  /// The value as it stands, kept for whoever asks for it.
  public static func reading(_ node: JSONNode) -> SettingReading<JSONNode> { .value(node) }
  /// Equal when the texts are.
  public static func == (a: JSONNode, b: JSONNode) -> Bool { a.text == b.text }
}

extension JSONNumber {
  /// The number inside a string, as some tools write it.
  init?(quoted word: String) {
    guard word.utf8.count <= 40, let double = Double(word), double.isFinite else { return nil }
    self.init(text: word, double: double)
  }
}
