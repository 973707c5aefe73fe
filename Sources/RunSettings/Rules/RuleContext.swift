/// What a rule between settings looks at, and how it words what it finds.
struct RuleContext {
  private let contents: SectionContents
  private let file: String

  init(_ contents: SectionContents, file: String) {
    self.contents = contents
    self.file = file
  }

  /// A problem at a path, placed where the path, or the nearest written object around it, stands in the text.
  func problem(
    _ kind: ConfigurationProblem.Kind, at path: String, found: String, expected: String,
    suggestion: String? = nil
  ) -> ConfigurationProblem {
    ConfigurationProblem(
      kind: kind, file: file, place: place(of: path), path: SettingPath(path), found: found,
      expected: expected,
      suggestion: suggestion)
  }

  private func place(of path: String) -> TextPlace? {
    var names = path.split(separator: ".")[...]
    while !names.isEmpty {
      if let place = contents.slot(at: names)?.origin.place { return place }
      names.removeLast()
    }
    return nil
  }
}
