/// Keys of `pipeline`: layers divided into stages.
public struct PipelineKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Stages of the pipeline; "auto" takes what the model was built with.
  public let stages = Key<OrAuto<Int>>("stages", .auto, .atLeast(1))
  /// How layers are dealt to stages.
  public let partition = Key("partition", "best")
  /// Whether each layer starts from a seed of its own.
  public let seedsLayers = Key("seed_layers", false)
  /// Layers between saved activations; 0 saves all.
  public let checkpointInterval = Key("activation_checkpoint_interval", 0, .atLeast(0))
  /// Whether activations between stages are partitioned over tensor-parallel ranks.
  public let partitionsActivations = Key("pipe_partitioned", true)
  /// Whether gradients between stages are partitioned over tensor-parallel ranks.
  public let partitionsGradients = Key("grad_partitioned", true)
  /// Whether recomputation enters the backward pass anew.
  public let recomputesReentrantly = Key("use_reentrant", true)
}

/// Keys of `tensor_parallel`: matrices divided over ranks.
public struct TensorParallelKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Ranks that share each layer; 0 and 1 mean none.
  public let size = Key("autotp_size", 0, .atLeast(0))
  /// Type of the model's parameters.
  public let dataType = Key("dtype", FloatType.float16)
  /// Whether all-reduces overlap with computation.
  public let overlapsCommunication = Key("tp_overlap_comm", false)
  /// Whether the output layer is divided by vocabulary; null follows the model's own plan.
  public let dividesVocabulary = Key<Bool?>("vocab_parallel_lm_head", nil)
  /// Implementation of the cross-entropy over a divided vocabulary.
  public let crossEntropy = Key("vocab_parallel_ce_backend", VocabularyCrossEntropy.reference)
  /// Size and grain of the division.
  public let division = Subsection<TensorDivisionKeys>("tp", aliases: ["tensor_parallel"])
  /// Output layers of each block whose results are reduced.
  public let injectionPolicy = Key<[String]?>("injection_policy_tuple", nil)
  /// Rules of the division.
  public let rules = Subsection<TensorRuleKeys>("partition_config")
  /// Rules that come with a model family.
  public let preset = Key<TensorPreset?>("preset_model", nil)
  /// Whether weights stay in host memory while they load.
  public let keepsOnHost = Key("keep_module_on_host", false)
  /// Whether fused inference kernels replace layers.
  public let injectsKernels = Key("replace_with_kernel_inject", false, aliases: ["kernel_inject"])
}

/// Implementations of the cross-entropy over a divided vocabulary.
public enum VocabularyCrossEntropy: String, SettingChoice {
  /// Made of ordinary tensor operations.
  case reference = "torch"
  /// The fused one of the Liger library.
  case liger
}

/// Model families with tensor-parallel rules of their own.
public enum TensorPreset: String, SettingChoice {
  /// Meta's models of all generations, and those built alike.
  case llama
  /// BigScience's multilingual models, with ALiBi positions.
  case bloom
  /// Zhipu's bilingual chat models.
  case chatGLM = "chatglm"
  /// Mistral AI's models with experts.
  case mixtral
  /// DeepSeek's second generation, with latent attention.
  case deepSeekV2 = "deepseek_v2"
  /// Alibaba's models with biases in query, key and value.
  case qwen2
  /// Phi-3.
  case phi3
}

/// Keys of `tensor_parallel.tp`.
public struct TensorDivisionKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Ranks that share each layer.
  public let size = Key("tp_size", 1, .atLeast(1))
  /// Widths are divided in multiples of this.
  public let grainSize = Key("tp_grain_size", 1, .atLeast(1))
  /// An object of the program; null in a text.
  public let modelParallelUnit = Key<JSONNode?>("mpu", nil)
  /// An object of the program; null in a text.
  public let group = Key<JSONNode?>("tp_group", nil)
}

/// Keys of `tensor_parallel.partition_config`.
public struct TensorRuleKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Whether the rules of the preset hold too.
  public let usesDefaults = Key("use_default_specs", true)
  /// Whether a weight without a rule is an error.
  public let isStrict = Key("strict_mode", false)
  /// Axis along which the embedding is divided.
  public let embeddingAxis = Key("embedding_partition_dim", 1, .oneOf([0, 1]))
  /// Names of output layers.
  public let outputPatterns = Key("lm_head_patterns", ["lm_head", "embed_out"])
  /// Rules, the first match counts: patterns, partition_type, shape, partition_dim, model_types, ...
  public let layers = Key<[JSONNode]>("layer_specs", [])
}

/// Keys of `expert_parallel`: experts divided over ranks.
public struct ExpertParallelKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Replaces mixture-of-experts blocks by expert-parallel ones.
  public let enabled = Key("enabled", false)
  /// Ranks that share the experts of a layer.
  public let size = Key("autoep_size", 1, .atLeast(1))
  /// Ranks that share one expert; only 1 is possible.
  public let expertTensorSize = Key("expert_tensor_parallel_size", 1, .oneOf([1]))
  /// Whether tensor-parallel ranks check that they route alike.
  public let validatesRouting = Key("validate_folding_routing", false)
  /// Whether the split of tokens is planned while the device goes on.
  public let plansAsynchronously = Key("async_split_plan", false)
  /// Model family; null finds it out.
  public let preset = Key<ExpertPreset?>("preset_model", nil)
  /// Pattern of mixture-of-experts blocks.
  public let layerPattern = Key<String?>("moe_layer_pattern", nil)
  /// Pattern of the experts inside a block.
  public let expertPattern = Key<String?>("expert_pattern", nil)
  /// Pattern of the router inside a block.
  public let routerPattern = Key<String?>("router_pattern", nil)
  /// Whether all experts are computed in one grouped product.
  public let usesGroupedProduct = Key("use_grouped_mm", true)
  /// Whether the Triton kernel of the grouped product is avoided.
  public let avoidsTriton = Key("disable_triton_grouped_mm", false)
  /// Whether the chosen scores are made to sum to one; null follows the model.
  public let normalizesScores = Key<Bool?>("route_norm", nil)
  /// Factor on the scores.
  public let scoreScale = Key("route_scale", 1.0)
  /// Whether scores weigh the inputs or the outputs of experts.
  public let scoreSide = Key("score_apply", ScoreSide.auto)
  /// How outputs of experts are combined.
  public let combination = Key("combine_impl", ExpertCombination.auto)
  /// How rows are weighted.
  public let rowWeighting = Key("row_weighting_impl", RowWeighting.auto)
  /// Whether gate and up projections are one product.
  public let gateUp = Key("gate_up_impl", GateUpProducts.separate)
  /// Transport of tokens.
  public let transport = Key("comm_backend", ExpertTransport.collectives)
  /// Multiprocessors that the transport takes.
  public let transportProcessors = Key("comm_num_sm", 12, .atLeast(1))
  /// Spare queue pairs of the transport.
  public let transportMargin = Key("comm_qp_margin", 4, .atLeast(0))
  /// Most tokens that one rank sends; 0 leaves it open.
  public let transportTokens = Key("comm_max_tokens_per_rank", 0, .atLeast(0))
  /// Groups of experts; null follows the model.
  public let groupCount = Key<Int?>("num_expert_groups", nil, .atLeast(1))
  /// Groups that a token may use; null follows the model.
  public let limitedGroupCount = Key<Int?>("num_limited_groups", nil, .atLeast(1))
  /// Function of the router's scores.
  public let scoreFunction = Key("score_func", ScoreFunction.auto)
  /// Experts of a token.
  public let topK = Key<OrAuto<Int>>("top_k", .auto, .atLeast(1))
  /// Strength of load balancing; only null is possible.
  public let loadBalance = Key<Double?>("load_balance_coeff", nil)
  /// Factor on the routed part of the output.
  public let routedScale = Key<OrAuto<Double>>("routed_scaling_factor", .auto)
  /// Name of the first expert weight; null follows the model.
  public let firstWeight = Key<String?>("expert_w1", nil)
  /// Name of the second expert weight; null follows the model.
  public let secondWeight = Key<String?>("expert_w2", nil)
  /// Name of the third expert weight; written null means that it is fused with the first.
  public let thirdWeight = Key<String?>("expert_w3", nil)
  /// Attribute with the number of experts; null follows the model.
  public let expertCountName = Key<String?>("num_experts_attr", nil)
  /// Attribute with the number of experts of a token; null follows the model.
  public let topKName = Key<String?>("top_k_attr", nil)
  /// Whether some experts see every token; null follows the model.
  public let hasSharedExperts = Key<Bool?>("has_shared_experts", nil)
  /// Pattern of the shared experts.
  public let sharedPattern = Key<String?>("shared_experts_pattern", nil)
  /// Pattern of the gate of the shared experts.
  public let sharedGatePattern = Key<String?>("shared_experts_gate_pattern", nil)
  /// Activation of the experts; null follows the model.
  public let activation = Key<String?>("expert_activation", nil)
}
