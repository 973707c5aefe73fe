/// Settings that are accepted and deserve a word.
enum Advice {
  /// One warning for each.
  static func warnings(for config: RunConfig) -> [ConfigurationProblem] {
    let settings = config.settings
    var warnings: [ConfigurationProblem] = []
    if let size = settings.vocabularySize, size % 8 != 0 {
      warnings.append(
        config.rules.problem(
          .noEffect, at: "vocabulary_size", found: "\(size)",
          expected: "a multiple of 8, which matrix units prefer; the next one is \((size / 8 + 1) * 8)"))
    }
    if settings.zero.savesElasticCheckpoints {
      warnings.append(
        config.rules.problem(
          .noEffect, at: "zero_optimization.elastic_checkpoint", found: "true",
          expected: "nothing: every checkpoint can be loaded on another number of ranks"))
    }
    if settings.optimizer.usesLegacyFusion {
      warnings.append(
        config.rules.problem(
          .noEffect, at: "optimizer.legacy_fusion", found: "true", expected: "nothing: it has no effect"))
    }
    if settings.disablesPythonGC {
      warnings.append(
        config.rules.problem(
          .noEffect, at: "disable_python_gc", found: "true",
          expected: "nothing: there is no garbage collector"))
    }
    if settings.legacyAllgatherSize != nil, !settings.zero.isWritten(\.allgatherBucketSize) {
      warnings.append(
        config.rules.problem(
          .noEffect, at: "allgather_size", found: "a setting of the form \"zero_optimization\": true",
          expected: "zero_optimization.allgather_bucket_size"))
    }
    return warnings
  }
}
