/// A text read as the keys of a section, with what is wrong or worth a warning in single keys of it.
struct SettingsReading<Keys: Section> {
  let settings: Settings<Keys>
  let file: String
  let problems: [ConfigurationProblem]
  let warnings: [ConfigurationProblem]

  /// Reads a whole document.
  /// - Parameter prepare: changes the members before they are read.
  /// - Throws: `ConfigurationError` when the text is not an object.
  init(
    _ document: JSONDocument, prepare: (inout [JSONMember]) -> Void = { _ in }
  ) throws(ConfigurationError) {
    guard var members = document.root.members else {
      throw ConfigurationError(
        ConfigurationProblem(
          kind: .wrongType, file: document.file, place: document.place(of: document.root.offset),
          found: document.root.shortText, expected: "an object, { ... }"))
    }
    prepare(&members)
    var reader = SettingsReader(document, as: Keys.layout)
    settings = Settings(reader.contents(members))
    file = document.file
    problems = document.duplicateKeys() + reader.problems
    warnings = reader.warnings
  }
}
