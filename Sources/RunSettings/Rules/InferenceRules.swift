/// What the settings of inference engines need and exclude.
enum InferenceRules {
  /// Rules of ``InferenceKeys``.
  static func problems(of settings: Settings<InferenceKeys>, file: String) -> [ConfigurationProblem] {
    let context = RuleContext(settings.contents, file: file)
    var problems: [ConfigurationProblem] = []
    if settings.usesGraphs, settings.tensorParallel.size > 1 {
      problems.append(
        context.problem(
          .contradiction, at: "enable_cuda_graph", found: "true with tp_size \(settings.tensorParallel.size)",
          expected: "false, or tensor_parallel.tp_size 1"))
    }
    if settings.injectsKernels, settings.injectionPolicy != nil {
      problems.append(
        context.problem(
          .contradiction, at: "injection_policy", found: "a policy beside replace_with_kernel_inject: true",
          expected: "only one of the two"))
    }
    return problems
  }

  /// Rules of ``RaggedInferenceKeys``.
  static func problems(of settings: Settings<RaggedInferenceKeys>, file: String) -> [ConfigurationProblem] {
    let context = RuleContext(settings.contents, file: file)
    let keys = settings.sequences
    let count = keys.maximumBatchSequences
    let limits = [
      ("max_tracked_sequences", keys.maximumTracked), ("max_ragged_batch_size", keys.maximumBatchTokens),
    ]
    var problems = limits.filter { $0.1 < count }.map { name, limit in
      context.problem(
        .contradiction, at: "state_manager.\(name)", found: "\(limit)",
        expected: "at least max_ragged_sequence_count, \(count)")
    }
    if keys.offloads {
      problems.append(
        context.problem(
          .notYetSupported, at: "state_manager.offload", found: "offload, which is not yet supported",
          expected: "false"))
    }
    return problems
  }
}
