/// Reads JSON objects as sections and collects everything that is wrong or worth a warning.
struct SettingsReader {
  private let document: JSONDocument
  private let root: SectionLayout
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []

  /// A reader of `document` as a section.
  init(_ document: JSONDocument, as root: SectionLayout) {
    self.document = document
    self.root = root
  }

  /// The contents of the whole text.
  mutating func contents(_ members: [JSONMember]) -> SectionContents {
    section(members, root, at: SettingPath())
  }

  /// The contents of one object.
  private mutating func section(_ members: [JSONMember], _ layout: SectionLayout, at path: SettingPath)
    -> SectionContents
  {
    var contents = SectionContents()
    contents.isWritten = true
    var migration = Migration(members, layout, document, at: path)
    migration.run()
    problems += migration.problems
    warnings += migration.warnings
    let members = migration.members
    var written: [String: String] = [:]
    for member in members {
      guard let declared = layout.member(member.key) else {
        keepOrRefuse(member, layout, at: path, into: &contents)
        continue
      }
      if let earlier = written[declared.name] {
        if earlier != member.key { refuseSecondSpelling(member, earlier, at: path) }
        continue
      }
      written[declared.name] = member.key
      let content = self.content(of: member, declared, among: members, at: path.appending(member.key))
      guard let content else { continue }
      contents.slots[declared.name] = .init(content: content, origin: origin(member.node))
    }
    return contents
  }

  private mutating func content(
    of member: JSONMember, _ declared: MemberLayout, among siblings: [JSONMember], at path: SettingPath
  ) -> SectionContents.Content? {
    switch declared.kind {
    case .value(let layout): return value(member.node, layout, at: path)
    case .section(let layout, let switchKey):
      return object(member.node, switchKey, at: path).map { .section(section($0, layout(), at: path)) }
    case .named(let layout): return named(member.node, layout(), at: path)
    case .variant(let chooser, let choices, let layout):
      return variant(member, chooser: chooser, choices: choices, layout, among: siblings, at: path)
    case .deprecated: return nil
    }
  }

  // MARK: Values

  private mutating func value(
    _ node: JSONNode, _ layout: ValueLayout, at path: SettingPath
  ) -> SectionContents.Content {
    switch layout.read(node) {
    case .value(let value, let advice):
      if let advice { warn(.wrongType, node, path, expected: advice) }
      if let allowed = layout.allowed, let number = value.numbers.first(where: { !allowed.contains($0) }) {
        let isWhole = value.numbers.count == 1
        fail(.outOfRange, node, path, found: isWhole ? node.shortText : number.text, expected: allowed.text)
        return .unreadable
      }
      return .value(value)
    case .mismatch where node.string == "auto":
      return .auto
    case .mismatch:
      let word = node.string
      let kind: ConfigurationProblem.Kind =
        word != nil && !layout.choices.isEmpty ? .unknownChoice : .wrongType
      let limits = layout.allowed.map { ", \($0.text)" } ?? ""
      fail(
        kind, node, path, expected: layout.expectation + limits,
        suggestion: word.flatMap { NearestName.suggestion(for: $0, among: layout.choices) })
      return .unreadable
    }
  }

  // MARK: Objects

  /// The members of an object; nil and a problem for other values, nil alone for `null`.
  private mutating func object(
    _ node: JSONNode, _ switchKey: String? = nil, at path: SettingPath
  ) -> [JSONMember]? {
    if let members = node.members { return members }
    if case .bool = node.value, let switchKey {
      return [JSONMember(key: switchKey, keyOffset: node.offset, node: node)]
    }
    if case .null = node.value { return nil }
    if node.string == "auto" { return nil }
    fail(.wrongType, node, path, expected: "an object, { ... }")
    return nil
  }

  private mutating func named(
    _ node: JSONNode, _ layout: SectionLayout, at path: SettingPath
  ) -> SectionContents.Content? {
    guard let members = object(node, at: path) else { return nil }
    var sections: [(name: String, contents: SectionContents)] = []
    for member in members {
      let inner = path.appending(member.key)
      guard let members = object(member.node, at: inner) else { continue }
      sections.append((member.key, section(members, layout, at: inner)))
    }
    return .named(sections)
  }

  private mutating func variant(
    _ member: JSONMember, chooser: String, choices: [String], _ layout: (String) -> SectionLayout?,
    among siblings: [JSONMember], at path: SettingPath
  ) -> SectionContents.Content? {
    guard let members = object(member.node, at: path) else { return nil }
    guard let choice = siblings.first(where: { $0.key == chooser }), choice.node.string != "auto" else {
      if !members.isEmpty {
        fail(
          .missing, member.node, path, found: "\"\(member.key)\" without \"\(chooser)\"",
          expected: "\"\(chooser)\" beside it, one of " + choices.map(\.quotedAsJSON).joined(separator: ", "))
      }
      return nil
    }
    guard let word = choice.node.string, let layout = layout(word) else { return nil }
    return .section(section(members, layout, at: path))
  }

  // MARK: Names

  private mutating func keepOrRefuse(
    _ member: JSONMember, _ layout: SectionLayout, at path: SettingPath, into contents: inout SectionContents
  ) {
    guard problems.count + warnings.count < ConfigurationError.problemLimit else { return }
    let inner = path.appending(member.key)
    if path.description.isEmpty, layout.keepsOtherKeys {
      refuseAtTop(member, layout)
    } else if layout.keepsOtherKeys {
      contents.others.append((member.key, member.node, origin(member.node)))
    } else {
      let known = layout.members.map(\.name)
      fail(
        .unknownKey, keyOf: member, inner, found: "an unknown key",
        expected: "one of the \(known.count) keys of \(path)",
        suggestion: NearestName.suggestion(for: member.key, among: layout.names)
          ?? KnownPlaces.suggestion(for: member.key, in: root))
    }
  }

  /// Users keep settings of their own at the top level, so only what looks like a typo is an error there.
  private mutating func refuseAtTop(_ member: JSONMember, _ layout: SectionLayout) {
    let path = SettingPath().appending(member.key)
    if let suggestion = NearestName.suggestion(for: member.key, among: layout.names) {
      fail(
        .unknownKey, keyOf: member, path, found: "an unknown key",
        expected: "a key of the configuration", suggestion: suggestion)
    } else {
      warnings.append(
        problem(
          .unknownKey, document.place(of: member.keyOffset), path, found: "an unknown key, which is ignored",
          expected: "a key of the configuration",
          suggestion: KnownPlaces.suggestion(for: member.key, in: root)))
    }
  }

  private mutating func refuseSecondSpelling(_ member: JSONMember, _ earlier: String, at path: SettingPath) {
    fail(
      .contradiction, keyOf: member, path.appending(member.key),
      found: "both '\(earlier)' and '\(member.key)'",
      expected: "one of these two names of the same setting")
  }

  // MARK: Problems

  private func origin(_ node: JSONNode) -> SettingOrigin {
    .file(document.file, document.place(of: node.offset))
  }

  private func problem(
    _ kind: ConfigurationProblem.Kind, _ place: TextPlace, _ path: SettingPath, found: String,
    expected: String,
    suggestion: String? = nil
  ) -> ConfigurationProblem {
    ConfigurationProblem(
      kind: kind, file: document.file, place: place, path: path, found: found, expected: expected,
      suggestion: suggestion)
  }

  private mutating func fail(
    _ kind: ConfigurationProblem.Kind, _ node: JSONNode, _ path: SettingPath, found: String? = nil,
    expected: String, suggestion: String? = nil
  ) {
    guard problems.count < ConfigurationError.problemLimit else { return }
    problems.append(
      problem(
        kind, document.place(of: node.offset), path, found: found ?? node.shortText, expected: expected,
        suggestion: suggestion))
  }

  private mutating func fail(
    _ kind: ConfigurationProblem.Kind, keyOf member: JSONMember, _ path: SettingPath, found: String,
    expected: String, suggestion: String? = nil
  ) {
    guard problems.count < ConfigurationError.problemLimit else { return }
    problems.append(
      problem(
        kind, document.place(of: member.keyOffset), path, found: found, expected: expected,
        suggestion: suggestion))
  }

  private mutating func warn(
    _ kind: ConfigurationProblem.Kind, _ node: JSONNode, _ path: SettingPath, expected: String
  ) {
    guard warnings.count < ConfigurationError.problemLimit else { return }
    warnings.append(
      problem(kind, document.place(of: node.offset), path, found: node.shortText, expected: expected))
  }
}
