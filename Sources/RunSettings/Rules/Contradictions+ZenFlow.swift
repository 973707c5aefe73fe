extension Contradictions {
  /// ZenFlow is a way in which Adam on the host and the device share the work.
  static func zenFlow(_ config: RunConfig) -> [ConfigurationProblem] {
    let (zero, type) = (config.settings.zero, config.settings.optimizer.type)
    let keys = zero.zenFlow
    guard keys.isPresent else { return [] }
    var needs: [(name: String, isMet: Bool, found: String, expected: String)] = [
      (
        "zenflow", zero.stage != .none && zero.offloadOptimizer.device == .cpu,
        "an object at stage \(zero.stage.text) with offload_optimizer.device \(zero.offloadOptimizer.device.text)",
        "stage 1, 2 or 3 with offload_optimizer.device \"cpu\""
      ),
      (
        "zenflow", type == nil || type == .adam || type == .adamW, "an object with optimizer \(type?.text ?? "")",
        "optimizer \"Adam\" or \"AdamW\""
      ),
      (
        "zenflow.offload", !keys.offloadsSelected || zero.overlapsCommunication ?? (zero.stage == .parameters),
        "true without overlap_comm", "overlap_comm: true beside zenflow, or false"
      ),
      (
        "offload_optimizer.super_offload", !zero.offloadOptimizer.usesSuperOffload, "true with zenflow",
        "false, or no zenflow"
      ),
      (
        "offload_optimizer.delayed_update", !zero.offloadOptimizer.delaysUpdates, "true with zenflow",
        "false, or no zenflow"
      ),
      (
        "offload_param.device", zero.offloadParameters.device != .nvme, "\"nvme\" with zenflow",
        "another device, or no zenflow"
      ),
    ]
    if keys.selectInterval == .auto {
      needs.append(
        ("zenflow.select_interval", keys.selectStrategy == .auto, "\"auto\" with select_strategy "
          + keys.selectStrategy.text, "a number, or select_strategy \"auto\""))
    }
    return needs.filter { !$0.isMet }.map { need in
      config.rules.problem(
        .contradiction, at: "zero_optimization.\(need.name)", found: need.found, expected: need.expected)
    }
  }
}
