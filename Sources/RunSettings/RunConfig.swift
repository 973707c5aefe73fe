/// A configuration as it was written: every key of the DeepSpeed JSON, with the word `"auto"` still in place.
///
/// Settings are read and changed by the names that ``RunKeys`` declares: `config.zero.stage = .gradients`.
/// ``plan(for:)`` turns the configuration into numbers for a number of ranks.
@dynamicMemberLookup
public struct RunConfig: Sendable {
  /// The values.
  public var settings: Settings<RunKeys>
  /// Name of the configuration in messages.
  public let file: String
  /// What is accepted but worth knowing: earlier names, keys that are ignored, numbers in quotes.
  public private(set) var warnings: [ConfigurationProblem]

  /// All defaults.
  public init() {
    settings = Settings()
    file = "configuration"
    warnings = []
  }

  /// The configuration of a file or a text.
  /// - Parameters:
  ///   - source: where the text comes from.
  ///   - isStrict: whether everything that would be a warning is an error.
  /// - Throws: `ConfigurationError` with all problems at once.
  public init(_ source: ConfigurationSource, strict isStrict: Bool = false) throws(ConfigurationError) {
    var problems: [ConfigurationProblem]
    (self, problems) = try Self.reading(source, strict: isStrict)
    problems += self.problems()
    if let error = ConfigurationError(problems) { throw error }
  }

  /// The configuration that a command-line argument stands for: a file, JSON text or base64.
  /// - Throws: `ConfigurationError` with all problems at once.
  public init(argument: String, strict isStrict: Bool = false) throws(ConfigurationError) {
    try self.init(ConfigurationSource(argument: argument), strict: isStrict)
  }

  /// Shorthand for the settings' members.
  public subscript<Member>(dynamicMember member: WritableKeyPath<Settings<RunKeys>, Member>) -> Member {
    get { settings[keyPath: member] }
    set { settings[keyPath: member] = newValue }
  }

  /// What the text says, and everything wrong with single keys of it. Rules between keys are not checked yet.
  static func reading(
    _ source: ConfigurationSource, strict isStrict: Bool
  ) throws(ConfigurationError) -> (RunConfig, [ConfigurationProblem]) {
    let document = try source.document()
    var config = RunConfig(file: document.file)
    let reading = try SettingsReading<RunKeys>(document) { config.expandBooleanZeRO(&$0, document) }
    config.settings = reading.settings
    config.warnings += reading.warnings + Advice.warnings(for: config)
    config.warnings = config.warnings.inTextOrder()
    return (config, reading.problems + (isStrict ? config.warnings : []))
  }

  /// Values beyond their limits, settings that exclude each other, and features that are not there yet.
  func problems() -> [ConfigurationProblem] {
    Limits.problems(in: self) + Contradictions.problems(in: self) + LaterFeatures.problems(in: self)
  }

  /// Words a problem of this configuration.
  var rules: RuleContext { RuleContext(settings.contents, file: file) }

  /// Adds a warning that came up later than reading.
  mutating func warn(_ warning: ConfigurationProblem) { warnings.append(warning) }

  private init(file: String) {
    settings = Settings()
    self.file = file
    warnings = []
  }

  /// Gives `"zero_optimization": true`, the first form of the section, its present form: stage 1.
  private mutating func expandBooleanZeRO(_ members: inout [JSONMember], _ document: JSONDocument) {
    guard let index = members.firstIndex(where: { $0.key == "zero_optimization" }),
      case .bool(let isOn) = members[index].node.value
    else { return }
    let offset = members[index].node.offset
    let number = JSONNumber(text: isOn ? "1" : "0", double: isOn ? 1 : 0)
    var inner = [JSONMember(key: "stage", keyOffset: offset, node: JSONNode(.number(number), offset: offset))]
    if isOn, let size = members.first(where: { $0.key == "allgather_size" }) {
      inner.append(JSONMember(key: "allgather_bucket_size", keyOffset: size.keyOffset, node: size.node))
    }
    members[index] = JSONMember(
      key: "zero_optimization", keyOffset: members[index].keyOffset,
      node: JSONNode(.object(inner), offset: offset))
    warnings.append(
      ConfigurationProblem(
        kind: .deprecatedKey, file: document.file, place: document.place(of: offset),
        path: SettingPath("zero_optimization"), found: "the deprecated form \(isOn)",
        expected: "an object such as {\"stage\": \(isOn ? 1 : 0)}, which is set instead"))
  }
}
