/// The limits of keys, for values that a program or a run has set. Values from a text are checked when read.
enum Limits {
  /// One problem for each number beyond its limits.
  static func problems(in config: RunConfig) -> [ConfigurationProblem] {
    var problems: [ConfigurationProblem] = []
    check(config.settings.contents, RunKeys.layout, at: SettingPath()) { path, value, allowed in
      problems.append(
        config.rules.problem(
          .outOfRange, at: path.description, found: value.text, expected: allowed.text))
    }
    return problems
  }

  private static func check(
    _ contents: SectionContents, _ layout: SectionLayout, at path: SettingPath,
    onFailure: (SettingPath, any SettingValue, Allowed) -> Void
  ) {
    for member in layout.members {
      guard let slot = contents.slots[member.name] else { continue }
      let inner = path.appending(member.name)
      switch (slot.content, member.kind) {
      case (.value(let value), .value(let layout)):
        guard slot.origin.place == nil, let allowed = layout.allowed else { continue }
        let isAllowed = value.numbers.allSatisfy { $0.isFinite && allowed.contains($0) }
        if !isAllowed { onFailure(inner, value, allowed) }
      case (.section(let contents), .section(let layout, _)):
        check(contents, layout(), at: inner, onFailure: onFailure)
      case (.section(let section), .variant(let chooser, _, let layout)):
        guard let layout = contents.variantLayout(chooser, layout) else { continue }
        check(section, layout, at: inner, onFailure: onFailure)
      default: continue
      }
    }
  }
}
