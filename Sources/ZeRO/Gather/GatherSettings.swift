/// When parameters of stage 3 are brought and let go of; all counts are elements (arXiv 1910.02054, section 5.3;
/// 2104.07857, section 6.2).
public struct GatherSettings: Sendable, Equatable {
  /// `stage3_param_persistence_threshold`: smaller parameters stay whole on every rank.
  public var persistenceThreshold: Int
  /// `stage3_model_persistence_threshold`: but no more than these in all.
  public var modelPersistenceThreshold: Int
  /// `stage3_prefetch_bucket_size`: elements that are brought ahead of their use.
  public var prefetchBucketSize: Int
  /// `stage3_max_live_parameters`: gathered elements beyond which those that are not in use are let go of.
  public var maximumLiveParameters: Int
  /// `stage3_max_reuse_distance`: a parameter that is used again after so many elements stays.
  public var maximumReuseDistance: Int
  /// Modules that are gathered as a whole with all that is below them (`leaf_module`): patterns of paths.
  public var leafModules: [String]
  /// Such modules by the names of their types.
  public var leafClasses: Set<String>

  /// Settings; the defaults are DeepSpeed's.
  public init(
    persistenceThreshold: Int = 100_000, modelPersistenceThreshold: Int = .max, prefetchBucketSize: Int = 50_000_000,
    maximumLiveParameters: Int = 1_000_000_000, maximumReuseDistance: Int = 1_000_000_000, leafModules: [String] = [],
    leafClasses: Set<String> = []
  ) {
    self.persistenceThreshold = persistenceThreshold
    self.modelPersistenceThreshold = modelPersistenceThreshold
    self.prefetchBucketSize = prefetchBucketSize
    self.maximumLiveParameters = maximumLiveParameters
    self.maximumReuseDistance = maximumReuseDistance
    self.leafModules = leafModules
    self.leafClasses = leafClasses
  }
}
