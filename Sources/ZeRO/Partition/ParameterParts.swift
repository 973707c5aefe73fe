import Collectives
public import Layers
import Optimizers
public import Torch

/// Yields the values of a parameter that has none yet, or has them elsewhere: its declared shape, any dtype.
public typealias ParameterValue = (_ path: String, _ parameter: Parameter) throws -> Tensor

/// Cuts the parameters of the optimizer groups into what is whole on every rank and what is partitioned, and moves
/// them there.
struct ParameterParts {
  /// The parts of trained parameters with their group's rule: the partitioned ones first, because their gradients
  /// are freed one after another, and small parameters that stay whole are complete only at the end of backward.
  private(set) var trainable: [(group: any ParameterGroup, rule: any OptimizerRule)] = []
  /// Brings partitioned parameters; nil below stage 3, and for a single rank, whose shard is everything.
  let gatherer: ParameterGatherer?
  /// Bytes of frozen parameters that this rank keeps all the time.
  private(set) var frozenByteCount = 0

  typealias Named = (path: String, parameter: Parameter)

  private let dtype: DType
  private let device: Device
  private let ranks: ShardGroups
  private let settings: ZeROSettings
  private let value: ParameterValue

  init(
    model: Module, groups: [ZeROOptimizer.Group], frozen: [Named], dtype: DType, device: Device, ranks: ShardGroups,
    settings: ZeROSettings, plusPlus: PlusPlusGroups?, value: @escaping ParameterValue
  ) throws {
    self.dtype = dtype
    self.device = device
    self.ranks = ranks
    self.settings = settings
    self.value = value
    let quantizesFrozen = settings.plusPlus.quantizesFrozenWeights && !frozen.isEmpty
    guard settings.stage == 3, ranks.shards.size > 1 || settings.parameterFiles != nil || quantizesFrozen else {
      gatherer = nil
      for group in groups { trainable.append((try flat(group.parameters), group.rule)) }
      frozenByteCount = try ParameterParts.move(frozen, to: dtype, of: ranks.all, value)
      return
    }
    let persistent = settings.gathering.persistent(groups.flatMap(\.parameters) + frozen)
    func partitioned(_ parameters: [Named]) -> [Named] { parameters.filter { !persistent.contains($0.parameter.id) } }
    let (gathering, rankCount) = (settings.gathering, ranks.shards.size)
    let leaves = try gathering.leafPaths(in: model)
    let layouts = (groups.map(\.parameters) + [frozen]).map {
      gathering.layout(
        ofUnits: partitioned($0), leaves: leaves, rankCount: rankCount, alignment: settings.unitAlignment(of: dtype))
    }
    let sources = ShardSourceFactory(
      layouts: layouts, dtype: dtype, device: device, ranks: ranks.shards, settings: settings, plusPlus: plusPlus)
    let gatherer = ParameterGatherer(
      settings: gathering, source: try sources.makeSource(quantizingFrozen: quantizesFrozen))
    self.gatherer = gatherer
    var byteOffset = 0
    func sharded(_ parameters: [Named], _ layout: FlatLayout) throws -> ShardedGroup {
      defer { byteOffset += layout.partitionElementCount * dtype.byteCount }
      return try ShardedGroup(
        layout: layout, parameters: parameters.map(\.parameter), dtype: dtype, device: device, byteOffset: byteOffset,
        gatherer: gatherer, ranks: ranks) { try value(parameters[$0].path, parameters[$0].parameter) }
    }
    for (group, layout) in zip(groups, layouts) where !layout.members.isEmpty {
      trainable.append((try sharded(partitioned(group.parameters), layout), group.rule))
    }
    let kept = try layouts.last.flatMap { $0.members.isEmpty ? nil : try sharded(partitioned(frozen), $0) }
    for group in groups {
      let whole = group.parameters.filter { persistent.contains($0.parameter.id) }
      if !whole.isEmpty { trainable.append((try flat(whole), group.rule)) }
    }
    let whole = frozen.filter { persistent.contains($0.parameter.id) }
    frozenByteCount = try ParameterParts.move(whole, to: dtype, of: ranks.all, value) + (kept?.keptByteCount ?? 0)
    try gatherer.source.publish()
  }

  /// Parameters in one flat buffer on every rank.
  private func flat(_ parameters: [Named]) throws -> FlatGroup {
    let counts = parameters.map(\.parameter.elementCount)
    let layout = FlatLayout(
      members: FlatLayout.members(parameters), partitionCount: settings.stage == 0 ? 1 : ranks.shards.size,
      rankCount: ranks.shards.size, bucketElementLimit: settings.bucketElementLimit(of: counts),
      order: settings.roundRobinGradients ? .roundRobin : .backward)
    let group = try FlatGroup(
      layout: layout, parameters: parameters.map(\.parameter), dtype: dtype, device: device, ranks: ranks.shards
    ) { try value(parameters[$0].path, parameters[$0].parameter) }
    try ranks.all.takeFirstRanksValues(group.values, pieces: layout.buckets.map(\.range))
    return group
  }

  /// Frozen parameters that are whole on every rank, with the values of the first one; returns their bytes.
  private static func move(
    _ frozen: [Named], to dtype: DType, of group: ProcessGroup, _ value: ParameterValue
  ) throws -> Int {
    for (path, parameter) in frozen {
      let values = try value(path, parameter)
      try parameter.setTensor(values.dtype.isFloatingPoint ? try values.to(dtype) : values)
      try group.broadcast(parameter.leaf, from: 0, label: "frozen parameters").wait()
    }
    return frozen.reduce(0) { $0 + $1.parameter.leaf.byteCount }
  }
}

extension ZeROSettings {
  /// Elements of which each rank's shard of a unit is a multiple: whole pages in files.
  fileprivate func unitAlignment(of dtype: DType) -> Int {
    parameterFiles == nil ? FlatLayout.unitAlignment : 4096 / dtype.byteCount
  }
}

extension GatherSettings {
  /// The parameters that stay whole on every rank: the small ones, in the order of definition, up to the limit.
  func persistent(_ parameters: [(path: String, parameter: Parameter)]) -> Set<ObjectIdentifier> {
    var kept: Set<ObjectIdentifier> = []
    var total = 0
    for (_, parameter) in parameters {
      let count = parameter.elementCount
      // Numbers that are no weights are not partitioned either.
      guard count <= persistenceThreshold, total + count <= modelPersistenceThreshold else { continue }
      total += count
      kept.insert(parameter.id)
    }
    return kept
  }

  /// A bucket for each unit, the last defined first, as backward finishes them.
  func layout(
    ofUnits parameters: [(path: String, parameter: Parameter)], leaves: Set<String>, rankCount: Int,
    alignment: Int
  ) -> FlatLayout {
    var buckets: [[Int]] = []
    var previous: String?
    for (index, entry) in parameters.enumerated() {
      let unit = unit(of: entry.path, leaves: leaves)
      if unit != previous { buckets.append([]) }
      buckets[buckets.count - 1].append(index)
      previous = unit
    }
    return FlatLayout(
      members: FlatLayout.members(parameters), partitionCount: rankCount, rankCount: rankCount,
      buckets: buckets.reversed(), alignment: alignment)
  }

  /// The paths of the modules that are gathered with all that is below them.
  func leafPaths(in model: Module) throws -> Set<String> {
    let leaves = try model.namedModules().filter { path, module in
      leafClasses.contains("\(type(of: module))") || leafModules.contains(where: path.matches)
    }
    return Set(leaves.map(\.path.description))
  }

  /// The path of the module with which a parameter is gathered: its own, or the outermost leaf above it.
  private func unit(of path: String, leaves: Set<String>) -> String {
    let components = ParameterPath(path).components.dropLast()
    for count in 1..<max(2, components.count) {
      let ancestor = components.prefix(count).joined(separator: ".")
      if leaves.contains(ancestor) { return ancestor }
    }
    return components.joined(separator: ".")
  }
}

extension FlatLayout {
  fileprivate static func members(_ parameters: [(path: String, parameter: Parameter)]) -> [Member] {
    parameters.map { Member(path: $0.path, elementCount: $0.parameter.elementCount) }
  }
}
