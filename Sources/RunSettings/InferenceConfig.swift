/// The configuration of an inference engine as it was written.
///
/// `InferenceConfig<InferenceKeys>` is that of `init_inference`; `InferenceConfig<RaggedInferenceKeys>` is
/// that of an engine with continuous batching. Unknown keys are errors at every level.
@dynamicMemberLookup
public struct InferenceConfig<Keys: Section>: Sendable {
  /// The values.
  public var settings: Settings<Keys>
  /// What is accepted but worth knowing: earlier names, numbers in quotes.
  public let warnings: [ConfigurationProblem]

  /// Shorthand for the settings' members.
  public subscript<Member>(dynamicMember member: WritableKeyPath<Settings<Keys>, Member>) -> Member {
    get { settings[keyPath: member] }
    set { settings[keyPath: member] = newValue }
  }

  private init(
    _ source: ConfigurationSource, strict isStrict: Bool,
    rules: (Settings<Keys>, String) -> [ConfigurationProblem]
  ) throws(ConfigurationError) {
    let reading = try SettingsReading<Keys>(source.document())
    let found = reading.problems + rules(reading.settings, reading.file)
    if let error = ConfigurationError(found + (isStrict ? reading.warnings : [])) { throw error }
    settings = reading.settings
    warnings = reading.warnings
  }
}

extension InferenceConfig where Keys == InferenceKeys {
  /// The configuration of a file or a text.
  /// - Throws: `ConfigurationError` with all problems at once.
  public init(_ source: ConfigurationSource, strict isStrict: Bool = false) throws(ConfigurationError) {
    try self.init(source, strict: isStrict) { InferenceRules.problems(of: $0, file: $1) }
  }
}

extension InferenceConfig where Keys == RaggedInferenceKeys {
  /// The configuration of a file or a text.
  /// - Throws: `ConfigurationError` with all problems at once.
  public init(_ source: ConfigurationSource, strict isStrict: Bool = false) throws(ConfigurationError) {
    try self.init(source, strict: isStrict) { InferenceRules.problems(of: $0, file: $1) }
  }
}
