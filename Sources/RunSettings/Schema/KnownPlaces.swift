/// Says where a setting belongs that stands in the wrong object.
enum KnownPlaces {
  /// Words such as `'stage' belongs in zero_optimization`, when the name has one home in the whole schema.
  static func suggestion(for name: String) -> String? {
    var homes: [SettingPath] = []
    collect(RunKeys.layout, at: SettingPath(), name, into: &homes)
    guard homes.count == 1, let home = homes.first else { return nil }
    return home.description.isEmpty
      ? "'\(name)' belongs at the top level" : "'\(name)' belongs in \(home)"
  }

  private static func collect(
    _ layout: SectionLayout, at path: SettingPath, _ name: String, into homes: inout [SettingPath]
  ) {
    if layout.member(name) != nil { homes.append(path) }
    for member in layout.members {
      let inner = path.appending(member.name)
      switch member.kind {
      case .section(let layout): collect(layout(), at: inner, name, into: &homes)
      case .variant(_, let choices, let layout):
        if choices.contains(where: { layout($0)?.member(name) != nil }) { homes.append(inner) }
      default: break
      }
    }
  }
}
