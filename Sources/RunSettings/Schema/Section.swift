/// The keys of one JSON object, each declared once as a stored property.
///
/// A property is a ``Key``, ``Subsection``, ``NamedSections``, ``Variant`` or ``Deprecated``. The order of
/// the properties is the order of tables and of the manual.
public protocol Section: Sendable {
  /// The keys.
  init()
  /// The keys in their order, made once.
  static var table: SectionTable<Self> { get }
  /// Whether keys that are not declared are kept, or at the top level ignored, instead of refused.
  static var keepsOtherKeys: Bool { get }
}

extension Section {
  /// Keys that are not declared are refused.
  public static var keepsOtherKeys: Bool { false }
}

/// The keys of a section, by property and by name.
public final class SectionTable<Keys: Section>: Sendable {
  let keys: Keys
  let erased: SectionLayout

  /// The table of a section's keys.
  public init(_ keys: Keys) {
    self.keys = keys
    let members = Mirror(reflecting: keys).children.compactMap { child in
      (child.value as? any SectionMember)?.layout(label: child.label ?? "")
    }
    erased = SectionLayout(typeName: "\(Keys.self)", members: members, keepsOtherKeys: Keys.keepsOtherKeys)
  }
}

/// The keys of a section without their Swift types.
struct SectionLayout: Sendable {
  let typeName: String
  let members: [MemberLayout]
  let keepsOtherKeys: Bool
  private let indexes: [String: Int]

  init(typeName: String, members: [MemberLayout], keepsOtherKeys: Bool) {
    self.typeName = typeName
    self.members = members
    self.keepsOtherKeys = keepsOtherKeys
    var indexes: [String: Int] = [:]
    for (index, member) in members.enumerated() {
      for name in [member.name] + member.aliases {
        precondition(indexes.updateValue(index, forKey: name) == nil, "\(typeName) declares '\(name)' twice")
      }
    }
    self.indexes = indexes
  }

  /// The member with this name or alias.
  func member(_ name: String) -> MemberLayout? { indexes[name].map { members[$0] } }

  /// All names that may be written, aliases and earlier names included.
  var names: [String] { members.flatMap { [$0.name] + $0.aliases } }
}

/// One declared member of a section without its Swift type.
struct MemberLayout: Sendable {
  enum Kind: Sendable {
    case value(ValueLayout)
    case section(@Sendable () -> SectionLayout, switchKey: String? = nil)
    case named(@Sendable () -> SectionLayout)
    case variant(chooser: String, choices: [String], layout: @Sendable (String) -> SectionLayout?)
    case deprecated(Deprecated.Replacement)
  }

  let label: String
  let name: String
  let aliases: [String]
  let kind: Kind
}

/// Type, default and limits of a setting in words, and its reader.
struct ValueLayout: Sendable {
  enum Reading: Sendable {
    case value(any SettingValue, advice: String?)
    case mismatch
  }

  let expectation: String
  let choices: [String]
  let defaultText: String
  let allowed: Allowed?
  let read: @Sendable (JSONNode) -> Reading
}

/// What a stored property of a section may be.
protocol SectionMember {
  func layout(label: String) -> MemberLayout
}

extension Key: SectionMember {
  func layout(label: String) -> MemberLayout {
    let value = ValueLayout(
      expectation: Value.expectation, choices: Value.choices, defaultText: defaultValue.text, allowed: allowed
    ) { node in
      switch Value.reading(node) {
      case .value(let value): .value(value, advice: nil)
      case .lenient(let value, let advice): .value(value, advice: advice)
      case .mismatch: .mismatch
      }
    }
    return MemberLayout(label: label, name: name, aliases: aliases, kind: .value(value))
  }
}

extension Subsection: SectionMember {
  func layout(label: String) -> MemberLayout {
    MemberLayout(
      label: label, name: name, aliases: aliases, kind: .section({ Keys.table.erased }, switchKey: switchKey))
  }
}

extension NamedSections: SectionMember {
  func layout(label: String) -> MemberLayout {
    MemberLayout(label: label, name: name, aliases: [], kind: .named { Keys.table.erased })
  }
}

extension Variant: SectionMember {
  func layout(label: String) -> MemberLayout {
    let kind = MemberLayout.Kind.variant(chooser: chooser, choices: Choice.choices) { word in
      guard case .value(let choice) = Choice.reading(JSONNode(.string(word), offset: 0)) else { return nil }
      return choice.section.layout
    }
    return MemberLayout(label: label, name: name, aliases: [], kind: kind)
  }
}

extension Deprecated: SectionMember {
  func layout(label: String) -> MemberLayout {
    MemberLayout(label: label, name: name, aliases: [], kind: .deprecated(replacement))
  }
}

extension Section {
  static var layout: SectionLayout { table.erased }
}
