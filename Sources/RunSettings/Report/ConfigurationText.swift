extension Settings {
  /// What is set, as a DeepSpeed JSON with two blanks of indentation. Defaults are left out, and reading the
  /// text gives the same values back.
  public var jsonText: String { ConfigurationText.object(contents, Keys.layout, indentation: "") + "\n" }
}

/// Writes contents as JSON.
private enum ConfigurationText {
  static func object(_ contents: SectionContents, _ layout: SectionLayout, indentation: String)
    -> String
  {
    let inner = indentation + "  "
    var rows: [String] = layout.members.compactMap { member in
      guard let slot = contents.slots[member.name],
        let text = text(of: slot.content, member, contents, indentation: inner)
      else { return nil }
      return "\(member.name.quotedAsJSON): \(text)"
    }
    rows += contents.others.map { "\($0.name.quotedAsJSON): \($0.node.text)" }
    if rows.isEmpty { return "{}" }
    return "{\n" + rows.map { inner + $0 }.joined(separator: ",\n") + "\n\(indentation)}"
  }

  private static func text(
    of content: SectionContents.Content, _ member: MemberLayout, _ siblings: SectionContents,
    indentation: String
  ) -> String? {
    switch (content, member.kind) {
    case (.value(let value), _): return value.text
    case (.auto, _): return "\"auto\""
    case (.section(let contents), .section(let layout, _)):
      return object(contents, layout(), indentation: indentation)
    case (.section(let contents), .variant(let chooser, _, let layout)):
      guard let layout = siblings.variantLayout(chooser, layout) else { return nil }
      return object(contents, layout, indentation: indentation)
    case (.named(let sections), .named(let layout)):
      let inner = indentation + "  "
      let rows = sections.map {
        "\(inner)\($0.name.quotedAsJSON): \(object($0.contents, layout(), indentation: inner))"
      }
      return rows.isEmpty ? "{}" : "{\n" + rows.joined(separator: ",\n") + "\n\(indentation)}"
    default: return nil
    }
  }
}
