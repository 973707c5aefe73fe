/// Keys of `activation_checkpointing`: recomputation of activations in the backward pass.
public struct ActivationCheckpointingKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Whether saved activations are partitioned over model-parallel ranks.
  public let partitionsActivations = Key("partition_activations", false)
  /// Whether saved activations lie in buffers made beforehand.
  public let keepsContiguous = Key("contiguous_memory_optimization", false)
  /// Whether saved activations lie in host memory.
  public let savesToHost = Key("cpu_checkpointing", false)
  /// Saved activations in one forward pass, for the buffers.
  public let checkpointCount = Key<Int?>("number_checkpoints", nil, .atLeast(1))
  /// Whether the device is waited for at each border.
  public let synchronizes = Key("synchronize_checkpoint_boundary", false)
  /// Whether forward and backward of each recomputed part are timed.
  public let measuresTime = Key("profile", false)
}
