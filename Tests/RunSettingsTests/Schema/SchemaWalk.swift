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

  /// Every section of the two inference configurations.
  static let inferenceSections: [SchemaSection] = {
    var sections: [SchemaSection] = []
    collect(InferenceKeys.layout, "init_inference", into: &sections)
    collect(RaggedInferenceKeys.layout, "ragged", into: &sections)
    return sections
  }()

  /// Whether a dotted path leads to a declared key or section, in any variant.
  static func exists(_ path: String) -> Bool { exists(path.split(separator: ".")[...], in: RunKeys.layout) }

  private static func exists(_ names: ArraySlice<Substring>, in layout: SectionLayout) -> Bool {
    guard let name = names.first, let member = layout.member(String(name)) else { return names.isEmpty }
    let rest = names.dropFirst()
    switch member.kind {
    case .section(let inner, _): return exists(rest, in: inner())
    case .variant(_, let choices, let inner):
      return choices.contains { inner($0).map { exists(rest, in: $0) } ?? false }
    default: return rest.isEmpty
    }
  }

  private static func collect(_ layout: SectionLayout, _ path: String, into sections: inout [SchemaSection]) {
    sections.append(SchemaSection(path: path, layout: layout))
    for member in layout.members {
      let inner = path.isEmpty ? member.name : path + "." + member.name
      switch member.kind {
      case .section(let layout, _): collect(layout(), inner, into: &sections)
      case .named(let layout): collect(layout(), inner + ".*", into: &sections)
      case .variant(_, let choices, let layout):
        for choice in choices { layout(choice).map { collect($0, "\(inner)(\(choice))", into: &sections) } }
      default: break
      }
    }
  }
}
