/// One thing that is wrong, or worth knowing, in a configuration: where, what was found, what is allowed.
public struct ConfigurationProblem: Sendable, Equatable {
  /// What kind of thing is wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// The text is not JSON.
    case syntax
    /// A key stands twice in one object.
    case duplicateKey
    /// No setting has this name here.
    case unknownKey
    /// The name belongs to an earlier version.
    case deprecatedKey
    /// A string where a number belongs, and the like.
    case wrongType
    /// A number beyond its limits.
    case outOfRange
    /// A word that is not among the allowed ones.
    case unknownChoice
    /// Two settings that exclude each other.
    case contradiction
    /// A setting that must be given is not.
    case missing
    /// The batch sizes do not multiply up.
    case batchArithmetic
    /// The setting asks for a feature that this version does not have.
    case notYetSupported
    /// The setting is accepted but changes nothing.
    case noEffect
    /// The configuration cannot be read.
    case unreadable
  }

  /// What kind of thing is wrong.
  public let kind: Kind
  /// Path or name of the configuration.
  public let file: String
  /// Line and column, when the problem stands in the text.
  public let place: TextPlace?
  /// JSON path of the setting.
  public let path: SettingPath
  /// What was found.
  public let found: String
  /// What is allowed instead.
  public let expected: String
  /// What the author probably meant.
  public let suggestion: String?

  /// A problem.
  public init(
    kind: Kind, file: String, place: TextPlace? = nil, path: SettingPath = SettingPath(), found: String,
    expected: String, suggestion: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.place = place
    self.path = path
    self.found = found
    self.expected = expected
    self.suggestion = suggestion
  }

  /// Line in the text, counted from 1.
  public var line: Int? { place?.line }

  /// Column in the text, counted from 1.
  public var column: Int? { place?.column }
}

extension ConfigurationProblem: CustomStringConvertible {
  /// One line: `ds.json:12:5: zero_optimization.stage: found 4, expected 0, 1, 2 or 3`.
  public var description: String {
    var text = file
    if let place { text += ":\(place.line):\(place.column)" }
    if !path.description.isEmpty { text += ": \(path)" }
    text += ": found \(found), expected \(expected)"
    if let suggestion { text += " (\(suggestion))" }
    return text
  }
}
