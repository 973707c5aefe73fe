/// Gives members with names of earlier versions the names and places that they have today.
struct Migration {
  /// The members of one object.
  private(set) var members: [JSONMember]
  private(set) var problems: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []
  private let layout: SectionLayout
  private let document: JSONDocument
  private let path: SettingPath

  init(_ members: [JSONMember], _ layout: SectionLayout, _ document: JSONDocument, at path: SettingPath) {
    self.members = members
    self.layout = layout
    self.document = document
    self.path = path
  }

  /// Replaces every deprecated member, with a warning for each.
  mutating func run() {
    for index in members.indices.reversed() {
      let member = members[index]
      guard case .deprecated(let replacement) = layout.member(member.key)?.kind else { continue }
      members.remove(at: index)
      switch replacement {
      case .ignored(let advice): warn(member, advice)
      case .renamed(let name):
        warn(member, "'\(name)', which is set instead")
        move(member, member.node, to: name)
      case .whenTrue(let name, let json):
        warn(member, "'\(name)': \(json), which is set instead when true")
        guard case .bool(let isOn) = member.node.value else {
          refuseNonBoolean(member)
          continue
        }
        let node = try? JSONDocument(parsing: json, file: "").root.moved(to: member.node.offset)
        move(member, isOn ? node : nil, to: name)
      }
    }
  }

  /// Puts a value where it belongs today: under a name of this object, or of an object inside it.
  /// - Parameter node: the value; nil sets nothing, and only checks that the name is free.
  private mutating func move(_ member: JSONMember, _ node: JSONNode?, to name: String) {
    let names = name.split(separator: ".").map(String.init)
    let current = members.firstIndex { spellings(of: names[0]).contains($0.key) }
    if names.count == 2 {
      moveInside(member, node, section: names[0], at: current, key: names[1])
    } else if let current {
      refuseBoth(member, members[current].key, name)
    } else if let node {
      members.append(JSONMember(key: name, keyOffset: member.keyOffset, node: node))
    }
  }

  private mutating func moveInside(
    _ member: JSONMember, _ node: JSONNode?, section: String, at index: Int?, key: String
  ) {
    var inner = index.flatMap { members[$0].node.members } ?? []
    if inner.contains(where: { $0.key == key }) {
      return refuseBoth(member, "\(section).\(key)", "\(section).\(key)")
    }
    guard let node else { return }
    inner.append(JSONMember(key: key, keyOffset: member.keyOffset, node: node))
    let offset = index.map { members[$0].node.offset } ?? member.node.offset
    let object = JSONMember(
      key: section, keyOffset: member.keyOffset, node: JSONNode(.object(inner), offset: offset))
    if let index { members[index] = object } else { members.append(object) }
  }

  private func spellings(of name: String) -> [String] { [name] + (layout.member(name)?.aliases ?? []) }

  private mutating func refuseBoth(_ member: JSONMember, _ current: String, _ name: String) {
    problems.append(
      problem(
        .contradiction, member.keyOffset, member, found: "both '\(member.key)' and '\(current)'",
        expected: "only '\(name)', which replaces '\(member.key)'"))
  }

  private mutating func refuseNonBoolean(_ member: JSONMember) {
    if case .null = member.node.value { return }
    problems.append(
      problem(
        .wrongType, member.node.offset, member, found: member.node.shortText, expected: Bool.expectation))
  }

  private mutating func warn(_ member: JSONMember, _ expected: String) {
    warnings.append(
      problem(.deprecatedKey, member.keyOffset, member, found: "a deprecated key", expected: expected))
  }

  private func problem(
    _ kind: ConfigurationProblem.Kind, _ offset: Int, _ member: JSONMember, found: String, expected: String
  ) -> ConfigurationProblem {
    ConfigurationProblem(
      kind: kind, file: document.file, place: document.place(of: offset), path: path.appending(member.key),
      found: found, expected: expected)
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
