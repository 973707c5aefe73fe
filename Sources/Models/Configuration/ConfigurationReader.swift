internal import Layers

/// Reads the fields of one configuration object with checks, so that no value of a file can make the program
/// trap.
struct ConfigurationReader {
  /// The file, for messages.
  let file: String
  /// What stands before each key in messages: empty, or the path of a nested object with a dot.
  let prefix: String
  private let values: [String: ConfigurationValue]

  init(_ values: [String: ConfigurationValue], file: String, prefix: String = "") {
    self.values = values
    self.file = file
    self.prefix = prefix
  }

  /// The value of `key`; nil when it is absent or null.
  subscript(key: String) -> ConfigurationValue? {
    guard let value = values[key], value != .null else { return nil }
    return value
  }

  /// True when the key is there, even with null.
  func hasKey(_ key: String) -> Bool { values[key] != nil }

  /// The error for a value that `key` cannot have.
  func wrong(_ key: String, _ found: ConfigurationValue, expected: String) -> ModelError {
    ModelError.wrongValue(file: file, key: prefix + key, found: found.summary, expected: expected)
  }

  /// A whole number in `range`; `fallback` when the key is absent, or an error without one.
  func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
    guard let found = self[key] else {
      if let fallback { return fallback }
      throw ModelError.missingKey(file: file, key: prefix + key)
    }
    guard case .integer(let value) = found, range.contains(value) else {
      throw wrong(key, found, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A whole number in `range`, or nil when the key is absent or null.
  func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    self[key] == nil ? nil : try integer(key, in: range)
  }

  /// A finite number in `range`; `fallback` when the key is absent, or an error without one.
  func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil) throws -> Double
  {
    guard let found = self[key] else {
      if let fallback { return fallback }
      throw ModelError.missingKey(file: file, key: prefix + key)
    }
    guard let value = found.asDouble, value.isFinite, range.contains(value) else {
      throw wrong(key, found, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A number in `range`, or nil when the key is absent or null.
  func optionalNumber(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    self[key] == nil ? nil : try number(key, in: range)
  }

  /// A truth value.
  func boolean(_ key: String, default fallback: Bool) throws -> Bool {
    guard let found = self[key] else { return fallback }
    guard case .boolean(let value) = found else { throw wrong(key, found, expected: "true or false") }
    return value
  }

  /// A text, or nil when the key is absent or null.
  func optionalString(_ key: String) throws -> String? {
    guard let found = self[key] else { return nil }
    guard case .string(let value) = found else { throw wrong(key, found, expected: "a text") }
    return value
  }

  /// An object's reader, or nil when the key is absent or null.
  func optionalObject(_ key: String) throws -> ConfigurationReader? {
    guard let found = self[key] else { return nil }
    guard case .object(let object) = found else { throw wrong(key, found, expected: "an object") }
    return ConfigurationReader(object, file: file, prefix: "\(prefix)\(key).")
  }

  /// An activation by its name.
  func activation(_ key: String, default fallback: Activation) throws -> Activation {
    guard let name = try optionalString(key) else { return fallback }
    guard let activation = Activation(name: name) else {
      throw wrong(key, .string(name), expected: "one of \(Activation.knownNames.joined(separator: ", "))")
    }
    return activation
  }

  /// A dropout probability.
  func probability(_ key: String, default fallback: Double) throws -> Double {
    try number(key, in: 0...0.999_999, default: fallback)
  }
}

/// The largest sizes that configurations may ask for: far above any real model, and small enough that no
/// product of two of them overflows.
enum ConfigurationLimits {
  static let hiddenSize = 1...(1 << 20)
  static let intermediateSize = 1...(1 << 22)
  static let layerCount = 1...4096
  static let headCount = 1...(1 << 14)
  static let headDim = 1...(1 << 14)
  static let vocabularySize = 1...(1 << 26)
  static let length = 1...(1 << 30)
  static let epsilon = 0.0...1.0
  static let standardDeviation = 0.0...100.0
}
