/// Reads JSON objects as sections and collects everything that is wrong or worth a warning.
struct SettingsReader {
  let document: JSONDocument
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []

  init(_ document: JSONDocument) { self.document = document }

  /// The contents of one object.
  mutating func section(_ members: [JSONMember], _ layout: SectionLayout, at path: SettingPath)
    -> SectionContents
  {
    var contents = SectionContents()
    contents.isWritten = true
    var members = members
    migrateDeprecated(&members, layout, at: path)
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
    case .section(let layout):
      return object(member.node, at: path).map { .section(section($0, layout(), at: path)) }
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
  private mutating func object(_ node: JSONNode, at path: SettingPath) -> [JSONMember]? {
    if let members = node.members { return members }
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
    if path.description.isEmpty {
      refuseAtTop(member, layout)
    } else if layout.keepsOtherKeys {
      contents.others.append((member.key, member.node, origin(member.node)))
    } else {
      let known = layout.members.map(\.name)
      fail(
        .unknownKey, keyOf: member, inner, found: "an unknown key",
        expected: "one of the \(known.count) keys of \(path)",
        suggestion: NearestName.suggestion(for: member.key, among: layout.names)
          ?? KnownPlaces.suggestion(for: member.key))
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
          expected: "a key of the configuration", suggestion: KnownPlaces.suggestion(for: member.key)))
    }
  }

  private mutating func refuseSecondSpelling(_ member: JSONMember, _ earlier: String, at path: SettingPath) {
    fail(
      .contradiction, keyOf: member, path.appending(member.key),
      found: "both '\(earlier)' and '\(member.key)'",
      expected: "one of these two names of the same setting")
  }

  // MARK: Earlier names

  /// Replaces members with names of earlier versions by what they mean today.
  private mutating func migrateDeprecated(
    _ members: inout [JSONMember], _ layout: SectionLayout, at path: SettingPath
  ) {
    for index in members.indices.reversed() {
      let member = members[index]
      guard let declared = layout.member(member.key), case .deprecated(let replacement) = declared.kind else {
        continue
      }
      members.remove(at: index)
      let inner = path.appending(member.key)
      if let (name, node) = replaced(member, replacement, at: inner) {
        let names = [name] + (layout.member(name)?.aliases ?? [])
        if let current = members.first(where: { names.contains($0.key) }) {
          fail(
            .contradiction, keyOf: member, inner, found: "both '\(member.key)' and '\(current.key)'",
            expected: "only '\(name)', which replaces '\(member.key)'")
        } else if let node {
          members.append(JSONMember(key: name, keyOffset: member.keyOffset, node: node))
        }
      }
    }
  }

  /// The name that a setting has today and its value there, nil when the value sets nothing.
  private mutating func replaced(
    _ member: JSONMember, _ replacement: Deprecated.Replacement, at path: SettingPath
  ) -> (name: String, node: JSONNode?)? {
    let place = document.place(of: member.keyOffset)
    switch replacement {
    case .renamed(let name):
      warnings.append(
        problem(
          .deprecatedKey, place, path, found: "a deprecated name", expected: "'\(name)', which is set instead"
        ))
      return (name, member.node)
    case .whenTrue(let name, let json):
      warnings.append(
        problem(
          .deprecatedKey, place, path, found: "a deprecated key",
          expected: "'\(name)': \(json), which is set instead when true"))
      guard case .bool(let isOn) = member.node.value else {
        if case .null = member.node.value { return (name, nil) }
        fail(.wrongType, member.node, path, expected: Bool.expectation)
        return nil
      }
      let node = (try? JSONDocument(parsing: json, file: "").root).map {
        $0.moved(to: member.node.offset)
      }
      return (name, isOn ? node : nil)
    case .ignored(let reason):
      warnings.append(problem(.deprecatedKey, place, path, found: "a deprecated key", expected: reason))
      return nil
    }
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

extension JSONNode {
  /// The same value, every part of it at one offset.
  func moved(to offset: Int) -> JSONNode {
    switch value {
    case .object(let members):
      let moved = members.map { JSONMember(key: $0.key, keyOffset: offset, node: $0.node.moved(to: offset)) }
      return JSONNode(.object(moved), offset: offset)
    case .array(let nodes): return JSONNode(.array(nodes.map { $0.moved(to: offset) }), offset: offset)
    default: return JSONNode(value, offset: offset)
    }
  }
}
