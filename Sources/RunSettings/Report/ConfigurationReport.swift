/// What a configuration means, as far as it can be said without a run: for people who check a file.
public struct ConfigurationReport: Sendable {
  /// Every key with its value; an `"auto"` that only a run can settle stays as written.
  public let values: [EffectiveValue]
  /// What is accepted but worth knowing.
  public let warnings: [ConfigurationProblem]
  /// The number of ranks that the values hold for.
  public let worldSize: Int

  /// The report of a text.
  /// - Parameters:
  ///   - source: where the text comes from.
  ///   - worldSize: ranks of the run; nil takes what the three batch sizes imply, else one.
  ///   - isStrict: whether everything that would be a warning is an error.
  /// - Throws: `ConfigurationError` with all problems at once.
  public init(
    _ source: ConfigurationSource, worldSize: Int? = nil, strict isStrict: Bool = false
  ) throws(ConfigurationError) {
    let (config, earlierProblems) = try RunConfig.reading(source, strict: isStrict)
    self.worldSize = worldSize ?? config.impliedWorldSize ?? 1
    var planner = Planner(config, RunFacts(worldSize: self.worldSize), leavesAutoOpen: true)
    planner.resolve()
    if let error = planner.error(after: earlierProblems) { throw error }
    values = planner.config.settings.effectiveValues
    warnings = planner.config.warnings
  }
}

extension RunConfig {
  /// The number of ranks for which the three batch sizes multiply up; nil when one is missing or none does.
  public var impliedWorldSize: Int? {
    guard let train = settings.trainBatchSize, let micro = settings.microBatchSize,
      let accumulation = settings.gradientAccumulationSteps
    else { return nil }
    let (pass, overflow) = micro.multipliedReportingOverflow(by: accumulation)
    guard !overflow, micro > 0, accumulation > 0, train > 0, train % pass == 0 else { return nil }
    let (ranks, isTooLarge) = (train / pass).multipliedReportingOverflow(
      by: settings.sequenceParallelSize ?? 1)
    return isTooLarge ? nil : ranks
  }
}
