/// Says where a setting belongs that stands in the wrong object.
enum KnownPlaces {
  /// Words such as `'stage' belongs in zero_optimization`, when the name has one home in the whole schema.
  static func suggestion(for name: String, in root: SectionLayout) -> String? {
    var homes: [String] = []
    collect(root, at: SettingPath(), name, into: &homes)
    guard homes.count == 1, let home = homes.first else { return nil }
    return "'\(name)' belongs \(home)"
  }

  private static func collect(
    _ layout: SectionLayout, at path: SettingPath, _ name: String, into homes: inout [String]
  ) {
    if layout.member(name) != nil {
      homes.append(path.description.isEmpty ? "at the top level" : "in \(path)")
    }
    for member in layout.members {
      let inner = path.appending(member.name)
      switch member.kind {
      case .section(let layout, _): collect(layout(), at: inner, name, into: &homes)
      case .variant(let chooser, let choices, let layout):
        let having = choices.filter { layout($0)?.member(name) != nil }
        guard !having.isEmpty else { continue }
        homes.append("in \(inner) of \(chooser) " + having.map(\.quotedAsJSON).joined(separator: ", "))
      default: break
      }
    }
  }
}
