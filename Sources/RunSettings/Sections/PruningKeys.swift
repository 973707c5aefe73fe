/// Keys of `compression_training.sparse_pruning`.
public struct SparsePruningTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<SparsePruningSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<PruningGroupKeys>("different_groups")
}

/// Keys of `sparse_pruning.shared_parameters`.
public struct SparsePruningSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// How weights are chosen.
  public let method = Key("method", SparsePruningMethod.l1)
  /// Step from which on weights are pruned.
  public let startStep = Key("schedule_offset", 1000, .atLeast(0))
  /// Blocks that fall together, for `snip_momentum`.
  public let blockPattern = Key("block_pattern", "4x1")
  /// Share of weights that stay, for `snip_momentum`.
  public let denseRatio = Key("dense_ratio", 0.1, .strictlyBetween(0, 1))
  /// Steps between prunings, for `snip_momentum`.
  public let stride = Key("schedule_offset_stride", 1, .atLeast(1))
  /// Last step of pruning; null means the first one.
  public let endStep = Key<Int?>("schedule_offset_end", nil, .atLeast(0))
  /// Modules that are left alone, for `snip_momentum`.
  public let excludedModules = Key<[String]>("excluded_modules", [])
}

/// Keys of `compression_training.row_pruning`.
public struct RowPruningTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<RowPruningSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<PruningGroupKeys>("different_groups")
}

/// Keys of `row_pruning.shared_parameters`.
public struct RowPruningSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// How rows are chosen.
  public let method = Key("method", PruningMethod.l1)
  /// Step from which on rows are pruned.
  public let startStep = Key("schedule_offset", 1000, .atLeast(0))
}

/// Keys of `compression_training.head_pruning`.
public struct HeadPruningTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<HeadPruningSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<PruningGroupKeys>("different_groups")
}

/// Keys of `head_pruning.shared_parameters`.
public struct HeadPruningSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// How heads are chosen.
  public let method = Key("method", PruningMethod.topK)
  /// Step from which on heads are pruned.
  public let startStep = Key("schedule_offset", 1000, .atLeast(0))
  /// Heads of an attention layer; must be given.
  public let headCount = Key<Int?>("num_heads", nil, .atLeast(1))
}

/// Keys of `compression_training.channel_pruning`.
public struct ChannelPruningTechniqueKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// What all groups share.
  public let shared = Subsection<ChannelPruningSharedKeys>("shared_parameters")
  /// Groups of modules by name.
  public let groups = NamedSections<PruningGroupKeys>("different_groups")
}

/// Keys of `channel_pruning.shared_parameters`.
public struct ChannelPruningSharedKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Switches the technique on.
  public let enabled = Key("enabled", false)
  /// How channels are chosen.
  public let method = Key("method", PruningMethod.l1)
  /// Step from which on channels are pruned.
  public let startStep = Key("schedule_offset", 1000, .atLeast(0))
}

/// How single weights are chosen for pruning.
public enum SparsePruningMethod: String, SettingChoice {
  /// The smallest by magnitude.
  case l1
  /// Those with the lowest learned scores.
  case topK = "topk"
  /// By the product of weight and gradient, averaged over steps.
  case snipMomentum = "snip_momentum"
}

/// How rows, heads and channels are chosen for pruning.
public enum PruningMethod: String, SettingChoice {
  /// The smallest by magnitude.
  case l1
  /// Those with the lowest learned scores.
  case topK = "topk"
}

/// Keys of a group of `different_groups` of a pruning technique.
public struct PruningGroupKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Parameters of the group.
  public let parameters = Subsection<PruningParameterKeys>("params")
  /// Patterns of module names.
  public let modules = Key("modules", ["*"])
  /// Modules whose inputs change with these.
  public let relatedModules = Key<[[String]]?>("related_modules", nil)
}

/// Keys of `params` of a group of a pruning technique.
public struct PruningParameterKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Share that stays; must be given.
  public let denseRatio = Key<Double?>("dense_ratio", nil, .between(0, 1))
}
