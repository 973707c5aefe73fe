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

  /// The first place, in the order of the flat buffers, where a gradient was infinite or NaN.
  public struct Overflow: Sendable, Equatable {
    /// The parameter's path.
    public let path: String
    /// A rank that saw it.
    public let rank: Int
  }

  /// What the parts of a step took on this rank.
  public struct StepTimes: Sendable, Equatable {
    /// Finding the norm, with the exchange between ranks.
    public internal(set) var gradientNorm = Duration.zero
    /// Updating this rank's part of the weights, while what is done already travels.
    public internal(set) var update = Duration.zero
    /// Waiting for the rest of the other ranks' parts.
    public internal(set) var gather = Duration.zero
  }

  /// What a step did.
  public struct StepOutcome: Sendable, Equatable {
    /// The norm of the whole gradient, unscaled, before clipping.
    public let gradientNorm: Double
    /// Where the gradient was not finite; the step was then skipped on every rank.
    public let overflow: Overflow?
    /// What its parts took.
    public let times: StepTimes
  }

  /// What the config says of partitions, buckets and reductions.
  public let settings: ZeROSettings
  /// The flat groups, in the order of the given ones.
  public let groups: [PartitionedGroup]
  /// Where gradients are collected and reduced.
  public let reducer: GradientReducer
  /// Brings partitioned parameters when they are used; nil where every rank has all of them.
  public let gatherer: ParameterGatherer?
  private let fileTier: FileTier?
  private let rules: [any OptimizerRule]
  private let processGroup: ProcessGroup

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
    self.processGroup = processGroup
    let groups = groups.filter { !$0.parameters.isEmpty }
    rules = groups.map(\.rule)
    let plusPlus = settings.stage == 3 ? try PlusPlusGroups(settings.plusPlus, of: processGroup) : nil
    let parts = try ParameterParts(
      model: model, groups: groups, frozen: frozen, dtype: dtype, device: device, processGroup: processGroup, settings: settings,
      plusPlus: plusPlus, value: value)
    gatherer = parts.gatherer
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
      // What is updated on another device needs weights there.
      let keepsMasters =
        !group.isInMemory || (dtype != .float32 && settings.keepsFloat32Masters)
        || (settings.hostOffload != nil && device != .cpu)
      let states: any PartitionStates =
        try tier?.makeStates(name: "\(index)", elementCount: count, rule: rule, keepsMasters: keepsMasters)
        ?? ZeROOptimizer.memoryStates(
          layout: group.layout, rule: rule, keepsMasters: keepsMasters, device: device, offload: settings.hostOffload)
      return try PartitionedGroup(flat: group, rule: rule, states: states, ranks: processGroup)
    }
    reducer = try GradientReducer(
      groups: self.groups.map(\.flat), processGroup: processGroup, retention: settings.retention,
      combination: settings.combination(rankCount: processGroup.size), gradientDType: settings.gradientDType ?? dtype,
      communicationDType: settings.communicationDType, overlap: settings.overlapCommunication,
      quantized: plusPlus?.reduction(), files: settings.retention == .ownSlice ? settings.gradientFiles : nil,
      offload: settings.hostOffload)
    reducer.onBucketComplete = { [unowned self] group, bucket in
      guard let sharded = self.groups[group].flat as? ShardedGroup else { return }
      try self.gatherer?.gradientsArrived(of: sharded.units[bucket])
    }
    try gatherer?.attach(to: model)
  }

  /// States in memory: on the device, on the host, or the first buckets there and the others here.
  private static func memoryStates(
    layout: FlatLayout, rule: any OptimizerRule, keepsMasters: Bool, device: Device, offload: HostOffload?
  ) throws -> any PartitionStates {
    let count = layout.partitionElementCount
    let staying = offload?.deviceBucketCount(of: layout.buckets.count) ?? layout.buckets.count
    let border = staying < layout.buckets.count ? layout.partitionOffset(ofBucket: staying) : count
    func states(_ count: Int, on device: Device) throws -> MemoryStates {
      try MemoryStates(elementCount: count, rule: rule, keepsMasters: keepsMasters, device: device)
    }
    if border == 0 { return try states(count, on: .cpu) }
    if border == count { return try states(count, on: device) }
    return SplitStates(first: try states(border, on: device), rest: try states(count - border, on: .cpu), border: border)
  }

  /// Starts a backward pass.
  ///
  /// - Parameters:
  ///   - isBoundary: true for the last micro step before ``step(lossScale:learningRates:momenta:)``.
  ///   - mayReduce: false inside `no_sync`: gradients then only accumulate on this rank.
  public func beginBackward(isBoundary: Bool, mayReduce: Bool = true) {
    gatherer?.beginBackward()
    // Stage 2 frees whole gradients after each micro step; the others reduce once, at the boundary.
    reducer.beginBackward(synchronize: mayReduce && (isBoundary || settings.retention == .ownSlice))
  }

  /// Ends a backward pass.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func finishBackward() throws {
    try gatherer?.finishBackward()
    try reducer.finishBackward()
  }

  /// Clips, updates this rank's partition, gathers the parameters and clears the gradients.
  ///
  /// - Parameters:
  ///   - lossScale: what the loss was multiplied with.
  ///   - learningRates: one for each group.
  ///   - momenta: the betas of each group, where the schedule moves them.
  /// - Returns: the gradient norm; with an overflow nothing was updated, on any rank.
  /// - Throws: `CollectiveError`, `TorchError`, `OptimizerError`.
  public func step(
    lossScale: Double, learningRates: [Double], momenta: [CycledMomentum]? = nil
  ) throws -> StepOutcome {
    try withoutGradients {
      var times = StepTimes()
      let start = ContinuousClock.now
      let squares = try gradientSquares()
      let normEnd = ContinuousClock.now
      times.gradientNorm = normEnd - start
      let norm = squares.sum.squareRoot() * reducer.gradientMultiplier / lossScale
      if settings.checksOverflow, let overflow = squares.overflow {
        reducer.clear()
        reducer.forgetErrors()
        return StepOutcome(gradientNorm: norm, overflow: overflow, times: times)
      }
      let multiplier =
        reducer.gradientMultiplier * settings.clipping.multiplier(norm: norm, lossScale: lossScale)
      try gatherer?.willChangeValues()
      for (index, rule) in rules.enumerated() {
        rule.learningRate = learningRates[index]
        if let momenta { rule.setMomentum(momenta[index]) }
        try rule.beginStep()
      }
      var gathers: [Work] = []
      for (index, group) in groups.enumerated() {
        try group.beginUpdates()
        for bucket in group.flat.layout.buckets.indices {
          guard let gradient = try reducer.gradient(group: index, bucket: bucket) else { continue }
          try group.update(bucket: bucket, gradient: gradient, multiplier: multiplier)
          gathers += try gather(group.flat, bucket: bucket)
        }
        try group.states.endUpdates()
      }
      let updateEnd = ContinuousClock.now
      times.update = updateEnd - normEnd
      for work in gathers { try work.wait() }
      try gatherer?.publish()
      times.gather = .now - updateEnd
      reducer.clear()
      return StepOutcome(gradientNorm: norm, overflow: nil, times: times)
    }
  }

  /// The loss scale of the coming steps is `factor` times that of the last one.
  public func lossScaleChanged(by factor: Double) { reducer.scaleErrors(by: factor) }

  /// Forgets the gradients of the backward passes since the last step.
  public func zeroGradients() { reducer.clear() }

  /// Gathers all working parameters from the ranks that own their partitions, as after loading masters.
  ///
  /// - Throws: `CollectiveError`, `TorchError`.
  public func gatherParameters() throws {
    try gatherer?.willChangeValues()
    for group in groups {
      for bucket in group.flat.layout.buckets.indices {
        for work in try gather(group.flat, bucket: bucket) { try work.wait() }
      }
    }
    try gatherer?.publish()
  }

  /// Gives a parameter values; of a partitioned one this rank's part. All ranks do the same, and
  /// ``gatherParameters()`` follows.
  ///
  /// - Parameter values: the parameter's shape, any dtype.
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
  /// - Throws: `TorchError`.
  public func gradient(of fragment: FlatLayout.Fragment, in group: PartitionedGroup) throws -> Tensor? {
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

  /// Gathers one bucket's parameters from the ranks that updated them, in place, while the next bucket steps.
  /// Partitioned ones stay where they are.
  private func gather(_ group: any ParameterGroup, bucket: Int) throws -> [Work] {
    guard settings.stage > 0, processGroup.size > 1, let flat = group as? FlatGroup else { return [] }
    let entries = flat.layout.buckets[bucket].entries
    let first = entries.first.map { flat.layout.members[$0.member].path } ?? ""
    return [
      try processGroup.allGather(
        into: flat.bucketValues(bucket), from: flat.shardValues(bucket, rank: processGroup.rank),
        label: "parameters of the bucket that starts with \(first)")
    ]
  }

  private struct Squares {
    var sum: Double
    var overflow: Overflow?
  }

  /// The sum of squares over the whole gradient, and the first place that is not finite.
  private func gradientSquares() throws -> Squares {
    var sum = 0.0
    var found: (group: Int, offset: Int)?
    for (index, group) in groups.enumerated() {
      for bucket in group.flat.layout.buckets.indices {
        guard let squares = try reducer.squares(group: index, bucket: bucket) else { continue }
        sum += squares.sum
        if found == nil, let first = squares.firstNonFinite {
          found = (index, group.flat.layout.partitionOffset(ofBucket: bucket) + first)
        }
      }
    }
    let local = found.flatMap { found -> String? in
      let layout = groups[found.group].flat.layout
      let rank = layout.partitionCount == 1 ? 0 : processGroup.rank
      return layout.member(atPartitionOffset: found.offset, of: rank).map { layout.members[$0].path }
    }
    if settings.stage == 0 || processGroup.size == 1 {
      return Squares(sum: sum, overflow: local.map { Overflow(path: $0, rank: processGroup.rank) })
    }
    let total = try Tensor([sum, found == nil ? 0 : 1], shape: [2])
    try processGroup.allReduce(total, op: .sum, label: "gradient norm").wait()
    let values = try total.array(of: Double.self)
    guard values[1] != 0 || !values[0].isFinite else { return Squares(sum: values[0], overflow: nil) }
    // Rare, so it may cost a second exchange: who saw what.
    let paths = try processGroup.allGather(bytes: Array((local ?? "").utf8), label: "overflow report")
    let rank = paths.firstIndex { !$0.isEmpty } ?? 0
    return Squares(sum: values[0], overflow: Overflow(path: String(decoding: paths[rank], as: UTF8.self), rank: rank))
  }

  /// Bytes of this rank's model states, measured from the tensors that hold them; gradients as a step finds them. Of
  /// states in files it is the buffers that they pass through.
  public var modelStateBytes: ModelStateFormula.Bytes {
    ModelStateFormula.Bytes(
      parameters: groups.reduce(0) { $0 + $1.flat.keptByteCount },
      gradients: max(reducer.byteCount, reducer.retainedByteCount),
      optimizerStates: groups.reduce(fileTier?.bufferByteCount ?? 0) { $0 + $1.stateByteCount })
  }

  /// Detaches from the model.
  public func close() { reducer.close() }
}
