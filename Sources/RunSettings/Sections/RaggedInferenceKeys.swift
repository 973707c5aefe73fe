/// The configuration of an engine with continuous batching: DeepSpeed's `RaggedInferenceEngineConfig`.
public struct RaggedInferenceKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Tensor parallelism.
  public let tensorParallel = Subsection<RaggedTensorKeys>("tensor_parallel", aliases: ["tp"])
  /// Sequences, batches and their memory.
  public let sequences = Subsection<SequenceKeys>("state_manager", aliases: ["manager"])
  /// Quantisation of weights.
  public let quantization = Subsection<RaggedQuantizationKeys>("quantization")
}

/// Keys of `tensor_parallel` of an engine with continuous batching.
public struct RaggedTensorKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Ranks that share each layer.
  public let size = Key("tp_size", 1, .atLeast(1))
}

/// Keys of `state_manager` of an engine with continuous batching.
public struct SequenceKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Most sequences that the engine knows.
  public let maximumTracked = Key("max_tracked_sequences", 2048, .atLeast(1))
  /// Most tokens of one batch.
  public let maximumBatchTokens = Key("max_ragged_batch_size", 768, .atLeast(1))
  /// Most sequences of one batch.
  public let maximumBatchSequences = Key("max_ragged_sequence_count", 512, .atLeast(1))
  /// Most tokens of one sequence.
  public let maximumContext = Key("max_context", 8192, .atLeast(1))
  /// Memory of keys and values.
  public let memory = Subsection<CacheMemoryKeys>("memory_config")
  /// Whether keys and values go to host memory.
  public let offloads = Key("offload", false)
}

/// Keys of `memory_config`: memory of keys and values.
public struct CacheMemoryKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What `size` means.
  public let mode = Key("mode", CacheMemoryMode.reserve)
  /// Bytes that stay free, or blocks that are allocated.
  public let size = Key("size", 1_000_000_000, .atLeast(1))
}

/// What the size of the cache's memory means.
public enum CacheMemoryMode: String, SettingChoice {
  /// Bytes that stay free.
  case reserve
  /// Blocks that are allocated.
  case allocate
}

/// Keys of `quantization` of an engine with continuous batching.
public struct RaggedQuantizationKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Form of the weights; null leaves them as they are.
  public let mode = Key<RaggedQuantization?>("quantization_mode", nil)
}

/// Quantised forms of weights in an engine with continuous batching.
public enum RaggedQuantization: String, SettingChoice {
  /// Weights of 6 bits, activations of 16.
  case weight6 = "wf6af16"
}
