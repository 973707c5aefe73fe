/// The values of one section: what was written, and the defaults for the rest.
///
/// Read and change settings by the names of the section's properties:
/// `config.zeroOptimization.offloadParameters.device`.
@dynamicMemberLookup
public struct Settings<Keys: Section>: Sendable {
  var contents: SectionContents

  /// All defaults.
  public init() { contents = SectionContents() }

  init(_ contents: SectionContents) { self.contents = contents }

  /// Whether the section, or any setting of it, was written or set.
  public var isPresent: Bool { contents.isWritten || !contents.slots.isEmpty }

  /// A setting's value. Setting it records the origin `argument`.
  public subscript<Value>(dynamicMember key: KeyPath<Keys, Key<Value>>) -> Value {
    get {
      let key = Keys.table.keys[keyPath: key]
      guard case .value(let value) = contents.slots[key.name]?.content else { return key.defaultValue }
      return value as? Value ?? key.defaultValue
    }
    set {
      set(key, newValue, origin: .argument("set by the program"))
    }
  }

  /// The values of an object inside the section.
  public subscript<Child>(dynamicMember key: KeyPath<Keys, Subsection<Child>>) -> Settings<Child> {
    get { Settings<Child>(contents.section(Keys.table.keys[keyPath: key].name)) }
    set { setSection(Keys.table.keys[keyPath: key].name, newValue.contents) }
  }

  /// The objects of a member with names of the user's choice, in the order of the text.
  public subscript<Child>(
    dynamicMember key: KeyPath<Keys, NamedSections<Child>>
  ) -> [(name: String, settings: Settings<Child>)] {
    guard case .named(let sections) = contents.slots[Keys.table.keys[keyPath: key].name]?.content else {
      return []
    }
    return sections.map { ($0.name, Settings<Child>($0.contents)) }
  }

  /// The values of a variant object, as the section that its chooser stands for.
  public subscript<Choice, Child: Section>(
    key: KeyPath<Keys, Variant<Choice>>, as child: Child.Type
  ) -> Settings<Child> {
    get { Settings<Child>(contents.section(Keys.table.keys[keyPath: key].name)) }
    set { setSection(Keys.table.keys[keyPath: key].name, newValue.contents) }
  }

  /// Sets a value and says where it comes from.
  public mutating func set<Value>(_ key: KeyPath<Keys, Key<Value>>, _ value: Value, origin: SettingOrigin) {
    contents.slots[Keys.table.keys[keyPath: key].name] = .init(content: .value(value), origin: origin)
  }

  /// Where a setting's value comes from.
  public func origin<Value>(of key: KeyPath<Keys, Key<Value>>) -> SettingOrigin {
    contents.slots[Keys.table.keys[keyPath: key].name]?.origin ?? .default
  }

  /// Whether `"auto"` was written for a setting that does not know this word itself.
  public func isAuto<Value>(_ key: KeyPath<Keys, Key<Value>>) -> Bool {
    if case .auto = contents.slots[Keys.table.keys[keyPath: key].name]?.content { true } else { false }
  }

  /// Whether the setting was written or set, `"auto"` included.
  public func isWritten<Value>(_ key: KeyPath<Keys, Key<Value>>) -> Bool {
    contents.slots[Keys.table.keys[keyPath: key].name] != nil
  }

  /// Keys that are not declared, in sections that keep them.
  public var others: [(name: String, value: JSONNode)] { contents.others.map { ($0.name, $0.node) } }

  private mutating func setSection(_ name: String, _ inner: SectionContents) {
    let origin = contents.slots[name]?.origin ?? .argument("set by the program")
    contents.slots[name] = .init(content: .section(inner), origin: origin)
  }
}
