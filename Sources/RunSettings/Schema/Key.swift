/// The declaration of one setting: its name in the JSON, its type, its default and its limits.
///
/// Everything else follows from it: reading, messages, the table of effective values and the manual page.
public struct Key<Value: SettingValue>: Sendable {
  /// Name in the JSON.
  public let name: String
  /// Further names under which the setting is read.
  public let aliases: [String]
  /// Value when the key is not written.
  public let defaultValue: Value
  /// Limits of the number.
  public let allowed: Allowed?

  /// A setting.
  public init(_ name: String, _ defaultValue: Value, _ allowed: Allowed? = nil, aliases: [String] = []) {
    self.name = name
    self.aliases = aliases
    self.defaultValue = defaultValue
    self.allowed = allowed
  }
}

/// The declaration of an object inside a section.
public struct Subsection<Keys: Section>: Sendable {
  /// Name in the JSON.
  public let name: String
  /// Further names under which the object is read.
  public let aliases: [String]
  /// The key inside that `true` or `false` in place of the object stands for.
  public let switchKey: String?

  /// An object with the keys of `Keys`.
  public init(_ name: String, aliases: [String] = [], switchedBy switchKey: String? = nil) {
    self.name = name
    self.aliases = aliases
    self.switchKey = switchKey
  }
}

/// The declaration of an object whose members, under names of the user's choice, are all alike.
public struct NamedSections<Keys: Section>: Sendable {
  /// Name in the JSON.
  public let name: String

  /// An object of objects.
  public init(_ name: String) { self.name = name }
}

/// The declaration of an object whose keys depend on a word beside it, as `params` depends on `type`.
public struct Variant<Choice: VariantChoice>: Sendable {
  /// Name in the JSON.
  public let name: String
  /// Name of the key beside it that holds the word.
  public let chooser: String

  /// An object with the keys that the word under `chooser` asks for.
  public init(_ name: String, chosenBy chooser: String) {
    self.name = name
    self.chooser = chooser
  }
}

/// A word that chooses the keys of a ``Variant``.
public protocol VariantChoice: SettingChoice {
  /// The keys that belong to the word.
  var section: any Section.Type { get }
}

/// The declaration of a name from an earlier version.
public struct Deprecated: Sendable {
  /// What becomes of a deprecated setting.
  public enum Replacement: Sendable {
    /// The same value under another name of the section, or, with a dot, of an object inside it.
    case renamed(to: String)
    /// When true, the other name gets this JSON value; when false, nothing.
    case whenTrue(name: String, json: String)
    /// Read and ignored; the text says why.
    case ignored(String)
  }

  /// The earlier name.
  public let name: String
  /// What becomes of it.
  public let replacement: Replacement

  /// An earlier name.
  public init(_ name: String, _ replacement: Replacement) {
    self.name = name
    self.replacement = replacement
  }
}
