@testable import RunSettings

/// A section of the configuration with its path and the name of its type.
struct SchemaSection {
  let path: String
  let layout: SectionLayout
}

/// Walks all sections that the configuration can have.
enum SchemaWalk {
  /// Every section once, in the order of declaration. Variants carry their word in parentheses, sections with
  /// names of the user's choice an asterisk.
  static let sections: [SchemaSection] = {
    var sections: [SchemaSection] = []
    collect(RunKeys.layout, "", into: &sections)
    return sections
  }()

  /// Whether a dotted path leads to a declared key or section.
  static func exists(_ path: String) -> Bool {
    var layout = RunKeys.layout
    let names = path.split(separator: ".")
    for (index, name) in names.enumerated() {
      guard let member = layout.member(String(name)) else { return false }
      if index == names.count - 1 { return true }
      guard case .section(let inner) = member.kind else { return false }
      layout = inner()
    }
    return false
  }

  private static func collect(_ layout: SectionLayout, _ path: String, into sections: inout [SchemaSection]) {
    sections.append(SchemaSection(path: path, layout: layout))
    for member in layout.members {
      let inner = path.isEmpty ? member.name : path + "." + member.name
      switch member.kind {
      case .section(let layout): collect(layout(), inner, into: &sections)
      case .named(let layout): collect(layout(), inner + ".*", into: &sections)
      case .variant(_, let choices, let layout):
        for choice in choices { layout(choice).map { collect($0, "\(inner)(\(choice))", into: &sections) } }
      default: break
      }
    }
  }
}
