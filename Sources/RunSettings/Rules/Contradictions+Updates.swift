extension Contradictions {
  /// Updates beside training.
  static func updates(_ config: RunConfig) -> [ConfigurationProblem] {
    let zero = config.settings.zero
    let keys = zero.offloadOptimizer
    let section = "zero_optimization.offload_optimizer"
    let asked = [("super_offload", keys.usesSuperOffload), ("delayed_update", keys.delaysUpdates)].filter(\.1)
    var problems: [ConfigurationProblem] = []
    func add(_ name: String, _ found: String, _ expected: String) {
      problems.append(
        config.rules.problem(.contradiction, at: "\(section).\(name)", found: found, expected: expected))
    }
    if asked.count > 1 { add("delayed_update", "true beside super_offload: true", "only one of the two") }
    for (name, _) in asked {
      if keys.device == .none { add(name, "true with device \"none\"", "device \"cpu\" or \"nvme\" beside it") }
      if zero.stage == .none { add(name, "true at stage 0", "stage 1, 2 or 3") }
      if config.settings.optimizer.type == .lamb {
        add(name, "true with LAMB, whose updates talk to other ranks", "another optimizer, or false")
      }
    }
    return problems
  }
}
