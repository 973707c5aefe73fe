extension Contradictions {
  /// ZeRO++ is a way in which stage 3 communicates.
  static func plusPlus(_ config: RunConfig) -> [ConfigurationProblem] {
    let zero = config.settings.zero
    let isStage3 = zero.stage == .parameters
    let isInMemory = isStage3 && zero.offloadParameters.device != .nvme
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
