public import Collectives
public import Layers
public import Optimizers
public import Torch

/// The optimizer of all ZeRO stages: gradients reduced in buckets during backward, optimizer states partitioned over
/// the ranks, parameters gathered after the step or, at stage 3, when they are used.
///
/// | stage | parameters | gradients | states |
/// | --- | --- | --- | --- |
/// | 0 | whole | whole | whole |
/// | 1 | whole | whole, own slice reduced | own slice |
/// | 2 | whole | own slice | own slice |
/// | 3 | own slice, whole while used | own slice | own slice |
///
/// A stage is a choice of layout and retention, made once here; the step is the same for all, and without
/// accumulation over micro steps so are the bits of its result (stage 2 reduces before it accumulates).
/// Source: Rajbhandari et al., 2020, arXiv 1910.02054, sections 5 and 7.
public final class ZeROOptimizer {
  /// Parameters that share an update rule.
  public struct Group {
    /// The parameters with their paths, in definition order; frozen ones are left out by the caller.
    public var parameters: [(path: String, parameter: Parameter)]
    /// How they are updated.
    public var rule: any OptimizerRule

    /// Parameters under one rule.
    public init(parameters: [(path: String, parameter: Parameter)], rule: any OptimizerRule) {
      self.parameters = parameters
      self.rule = rule
    }
  }

  /// What the config says of partitions, buckets and reductions.
  public let settings: ZeROSettings
  /// The flat groups, in the order of the given ones.
  public let groups: [PartitionedGroup]
  /// Where gradients are collected and reduced.
  public let reducer: GradientReducer
  /// Brings partitioned parameters when they are used; nil where every rank has all of them.
  public let gatherer: ParameterGatherer?
  /// The ranks among which this rank's copy of the states is divided: all, but with MiCS.
  public let shardGroup: ProcessGroup
  /// The number of this rank's copy of the states among all: 0, but with MiCS.
  public let copyNumber: Int
  private let frozenByteCount: Int
  private let fileTier: FileTier?
  private let stepParts: StepParts
  private let schedule: any UpdateSchedule

  /// Moves the parameters into flat buffers, takes f32 masters of this rank's partition and attaches to the
  /// gradients. Rank 0's values go to all ranks.
  ///
  /// - Parameters:
  ///   - model: the module whose calls say when partitioned parameters are used.
  ///   - groups: disjoint groups of trainable parameters.
  ///   - frozen: parameters that are kept but not trained.
  ///   - dtype: the dtype of the working parameters.
  ///   - device: where the flat buffers and the optimizer's states live.
  ///   - processGroup: the data-parallel ranks.
  ///   - settings: the stage, the buckets, clipping and dtypes.
  ///   - value: where the parameters' first values come from; those that they have, unless told otherwise.
  /// - Throws: `TorchError`, `CollectiveError`, `OptimizerError`, `AsyncFileError` when states live in files.
  public init(
    model: Module, groups: [Group], frozen: [(path: String, parameter: Parameter)] = [], dtype: DType, device: Device,
    processGroup: ProcessGroup, settings: ZeROSettings,
    value: @escaping ParameterValue = { _, parameter in parameter.tensor }
  ) throws {
    self.settings = settings
    let groups = groups.filter { !$0.parameters.isEmpty }
    let ranks = try ShardGroups(of: processGroup, shardGroupSize: settings.stage == 3 ? settings.shardGroupSize : nil)
    shardGroup = ranks.shards
    copyNumber = ranks.replicas?.rank ?? 0
    let plusPlus = settings.stage == 3 ? try PlusPlusGroups(settings.plusPlus, of: ranks.shards) : nil
    let parts = try ParameterParts(
      model: model, groups: groups, frozen: frozen, dtype: dtype, device: device, ranks: ranks, settings: settings,
      plusPlus: plusPlus, value: value)
    gatherer = parts.gatherer
    frozenByteCount = parts.frozenByteCount
    if settings.fileTier != nil, parts.trainable.contains(where: { $0.rule is any LayerwiseRule }) {
      throw OptimizerError.mismatch(
        what: "offload_optimizer to nvme", found: "a rule that needs norms of whole parameters (LAMB)",
        expected: "another optimizer, or states in memory: pieces in files cut through parameters")
    }
    let tier = try settings.fileTier.map { tier in
      try FileTier(
        tier, stage: settings.stage, rank: processGroup.rank,
        tensorCount: 1 + (parts.trainable.map(\.rule.stateNames.count).max() ?? 0),
        elementCount: parts.trainable.map(\.group.layout.partitionElementCount).max() ?? 0)
    }
    fileTier = tier
    self.groups = try parts.trainable.enumerated().map { index, part in
      let (group, rule) = part
      let count = group.layout.partitionElementCount
      // What is updated on another device, or beside training, needs weights of its own.
      let keepsMasters =
        !group.isInMemory || (dtype != .float32 && settings.keepsFloat32Masters)
        || (settings.hostOffload != nil && device != .cpu) || settings.updatesBesideTraining
      let states: any PartitionStates =
        try tier?.makeStates(
          name: "\(index)", elementCount: count, rule: rule, keepsMasters: keepsMasters,
          isRevocable: settings.revokesUpdates)
        ?? ZeROOptimizer.memoryStates(
          layout: group.layout, rule: rule, keepsMasters: keepsMasters, device: device, settings: settings)
      return try PartitionedGroup(flat: group, rule: rule, states: states, ranks: ranks.shards)
    }
    reducer = try GradientReducer(
      groups: self.groups.map(\.flat), processGroup: ranks.shards, replicas: ranks.replicas,
      retention: settings.retention,
      combination: settings.combination(rankCount: processGroup.size), gradientDType: settings.gradientDType ?? dtype,
      communicationDType: settings.communicationDType, overlap: settings.overlapCommunication,
      quantized: plusPlus?.reduction(), files: settings.retention == .ownSlice ? settings.gradientFiles : nil,
      // ZenFlow needs gradients where the chosen columns are updated.
      offload: settings.choosesColumns ? nil : settings.hostOffload)
    stepParts = StepParts(
      groups: self.groups, rules: groups.map(\.rule), reducer: reducer, gatherer: gatherer, ranks: ranks.shards,
      settings: settings)
    schedule = try settings.makeSchedule(stepParts, fileBufferByteCount: tier?.bufferByteCount)
    try gatherer?.attach(to: model)
  }

  /// States in memory: on the device, on the host, or the first buckets there and the others here.
  private static func memoryStates(
    layout: FlatLayout, rule: any OptimizerRule, keepsMasters: Bool, device: Device, settings: ZeROSettings
  ) throws -> any PartitionStates {
    let count = layout.partitionElementCount
    let staying = settings.hostOffload?.deviceBucketCount(of: layout.buckets.count) ?? layout.buckets.count
    let border = staying < layout.buckets.count ? layout.partitionOffset(ofBucket: staying) : count
    func states(_ count: Int, on device: Device) throws -> MemoryStates {
      try MemoryStates(
        elementCount: count, rule: rule, keepsMasters: keepsMasters, device: device,
        isRevocable: settings.revokesUpdates)
    }
    if border == 0 { return try states(count, on: .cpu) }
    if border == count { return try states(count, on: device) }
    return SplitStates(first: try states(border, on: device), rest: try states(count - border, on: .cpu), border: border)
  }

  /// Starts a backward pass.
  ///
  /// - Parameters:
  ///   - step: what ``step(_:)`` will be given, when this is the last micro step before it; else nil.
  ///   - mayReduce: false inside `no_sync`: gradients then only accumulate on this rank.
  /// - Throws: ``UpdateError``, what keeps updates that begin now from their states.
  public func beginBackward(before step: StepInputs?, mayReduce: Bool = true) throws {
    gatherer?.beginBackward()
    try schedule.beginBackward(before: mayReduce ? step : nil)
    // Stage 2 frees whole gradients after each micro step; the others reduce once, at the boundary.
    reducer.beginBackward(
      synchronize: mayReduce && (step != nil || settings.retention == .ownSlice), boundary: step != nil)
  }

  /// Ends a backward pass.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func finishBackward() throws {
    try gatherer?.finishBackward()
    try reducer.finishBackward()
  }

  /// Clips, updates this rank's partition, gathers the parameters and clears the gradients, as far as the schedule of
  /// updates has not done or put off parts of it.
  ///
  /// - Returns: the gradient norm; with an overflow nothing was updated, on any rank.
  /// - Throws: `CollectiveError`, `TorchError`, `OptimizerError`, ``UpdateError``, `AsyncFileError`.
  public func step(_ inputs: StepInputs) throws -> StepOutcome {
    try withoutGradients { try schedule.step(inputs) }
  }

  /// Returns when the parameters have all updates of the steps taken so far: before somebody saves, shows or replaces
  /// them. Every rank calls it.
  ///
  /// - Throws: ``UpdateError/underWay`` between a backward pass and the step whose updates it began; what a step throws.
  public func settle() throws { try withoutGradients { try schedule.settle() } }

  /// Returns when nothing is at work on this rank's masters and states. Local.
  ///
  /// - Throws: as ``settle()``.
  public func waitForUpdates() throws { try schedule.waitForUpdates() }

  /// The loss scale of the coming steps is `factor` times that of the last one.
  public func lossScaleChanged(by factor: Double) { reducer.scaleErrors(by: factor) }

  /// Forgets the gradients of the backward passes since the last step.
  ///
  /// - Throws: ``UpdateError/underWay`` when they have changed masters and states already.
  public func zeroGradients() throws { try schedule.discardGradients() }

  /// Gathers all working parameters from the ranks that own their partitions, as after loading masters.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func gatherParameters() throws {
    try gatherer?.willChangeValues()
    try stepParts.gatherUpdated()
  }

  /// Gives a parameter values of its shape and any dtype; of a partitioned one this rank's part. All ranks do the
  /// same, and ``gatherParameters()`` follows.
  ///
  /// - Throws: `TorchError`.
  public func assign(_ values: Tensor, to parameter: Parameter) throws {
    guard let residence = parameter.residence as? UnitResidence else {
      try parameter.leaf.copyInPlace(values)
      return
    }
    try residence.assign(values)
  }

  /// The reduced gradient of one piece of a parameter between backward and step, times one over
  /// `reducer.gradientMultiplier` and the loss scale; nil when there is none.
  ///
  /// - Throws: `TorchError`, ``UpdateError/underWay`` when it was used up already.
  public func gradient(of fragment: FlatLayout.Fragment, in group: PartitionedGroup) throws -> Tensor? {
    try schedule.waitForUpdates()
    guard let index = groups.firstIndex(where: { $0 === group }) else { return nil }
    let buckets = group.flat.layout.buckets.indices
    guard
      let bucket = buckets.first(where: { group.partitionRange(ofBucket: $0).contains(fragment.partitionOffset) }),
      let gradient = try reducer.gradient(group: index, bucket: bucket)
    else { return nil }
    return try gradient.narrow(
      dim: 0, start: fragment.partitionOffset - group.partitionRange(ofBucket: bucket).lowerBound,
      length: fragment.parameterRange.count)
  }

  /// Bytes of this rank's model states, measured from the tensors that hold them; gradients as a step finds them. Of
  /// states in files it is the buffers that they pass through.
  public var modelStateBytes: ModelStateFormula.Bytes {
    ModelStateFormula.Bytes(
      parameters: groups.reduce(frozenByteCount) { $0 + $1.flat.keptByteCount },
      gradients: max(reducer.byteCount, reducer.retainedByteCount),
      optimizerStates: groups.reduce(fileTier?.bufferByteCount ?? 0) { $0 + $1.stateByteCount } + schedule.byteCount)
  }

  /// Detaches from the model.
  public func close() {
    schedule.close()
    reducer.close()
  }
}
