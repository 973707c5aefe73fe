/// Mixture-of-experts families that are known by name.
public enum ExpertPreset: String, SettingChoice {
  /// Mistral AI's Mixtral models.
  case mixtral
  /// Qwen3 with experts.
  case qwen3 = "qwen3_moe"
  /// Qwen3.5 with experts.
  case qwen35 = "qwen3_5_moe"
  /// DeepSeek's second generation, with shared experts.
  case deepSeekV2 = "deepseek_v2"
  /// DeepSeek's third generation, with scores by sigmoid.
  case deepSeekV3 = "deepseek_v3"
}

/// Whether scores weigh inputs or outputs of experts.
public enum ScoreSide: String, SettingChoice {
  /// As the model does.
  case auto
  /// A token is scaled before its expert sees it.
  case inputs = "pre"
  /// What an expert makes of a token is scaled.
  case outputs = "post"
}

/// How outputs of experts are combined.
public enum ExpertCombination: String, SettingChoice {
  /// The best for the run.
  case auto
  /// A sum weighted by the scores, in plain operations.
  case weightedSum = "weighted_sum"
  /// A weighted sum in one kernel.
  case fusedWeightedSum = "fused_weighted_sum"
  /// One batched matrix product of scores and outputs.
  case batchedProduct = "legacy_bmm"
}

/// How rows of tokens are weighted.
public enum RowWeighting: String, SettingChoice {
  /// The best for the run.
  case auto
  /// By ordinary operations.
  case eager
  /// Inside the transport.
  case fused
}

/// Whether gate and up projections are one product.
public enum GateUpProducts: String, SettingChoice {
  /// Two products.
  case separate
  /// One product.
  case fused
}

/// Transports of tokens between experts.
public enum ExpertTransport: String, SettingChoice {
  /// Ordinary collectives.
  case collectives = "comm"
  /// The DeepEP library.
  case deepEP = "deepep"
}

/// Functions of the router's scores.
public enum ScoreFunction: String, SettingChoice {
  /// As the model does.
  case auto
  /// Scores that sum to one.
  case softmax
  /// Scores of their own.
  case sigmoid
}
