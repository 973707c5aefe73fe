extension Contradictions {
  /// ZeRO++ and MiCS are ways in which stage 3 keeps and communicates.
  static func plusPlus(_ config: RunConfig) -> [ConfigurationProblem] {
    let zero = config.settings.zero
    let isStage3 = zero.stage == .parameters
    let isInMemory = isStage3 && zero.offloadParameters.device != .nvme
    let hasShardGroups = zero.miCSShardSize > 0
    let needs: [(name: String, isOn: Bool, isPossible: Bool, found: String, expected: String)] = [
      (
        "zero_quantized_weights", zero.quantizesWeights, isInMemory, "true",
        "stage 3 without offload_param to \"nvme\""
      ),
      (
        "zero_hpz_partition_size", zero.hierarchicalPartitionSize > 1, isInMemory,
        "\(zero.hierarchicalPartitionSize)", "stage 3 without offload_param to \"nvme\""
      ),
      ("zero_quantized_gradients", zero.quantizesGradients, isStage3, "true", "stage 3"),
      (
        "zero_quantized_nontrainable_weights", zero.quantizesFrozenWeights, isInMemory, "true",
        "stage 3 without offload_param to \"nvme\""
      ),
      ("mics_shard_size", hasShardGroups, isStage3, "\(zero.miCSShardSize)", "stage 3"),
      (
        "zero_hpz_partition_size", zero.hierarchicalPartitionSize > 1, !hasShardGroups,
        "\(zero.hierarchicalPartitionSize) beside mics_shard_size \(zero.miCSShardSize)",
        "one of them: the ranks of a MiCS group gather from each other already"
      ),
      (
        "zero_quantized_gradients", zero.quantizesGradients, !hasShardGroups,
        "true beside mics_shard_size \(zero.miCSShardSize)",
        "one of them: MiCS reduces gradients in its groups first, and exactly"
      ),
      (
        "zeropp_loco_param", zero.errorFeedback.isPresent, zero.quantizesGradients, "an object",
        "zero_quantized_gradients: true beside it"
      ),
    ]
    return needs.filter { $0.isOn && !$0.isPossible }.map { need in
      config.rules.problem(
        .contradiction, at: "zero_optimization.\(need.name)", found: need.found, expected: need.expected)
    }
  }
}
