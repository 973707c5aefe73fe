import Collectives
public import Optimizers
public import Torch

/// One group of parameters with what this rank keeps to update it: f32 master weights and optimizer states of its partition.
public final class PartitionedGroup {
  /// The working parameters.
  public let flat: any ParameterGroup
  /// The update rule, which the parts of one optimizer group share.
  public let rule: any OptimizerRule
  /// The masters and states of the partition.
  public let states: any PartitionStates
  /// The owner of the partition: this rank, or 0 at stage 0, where every rank keeps the one partition.
  public let owner: Int
  /// The ranks that share the states.
  private let ranks: ProcessGroup

  /// Joins a group's parameters, rule and states, and takes f32 copies of this rank's part of the working
  /// parameters.
  ///
  /// - Throws: `TorchError`, and what `states` throws.
  init(flat: any ParameterGroup, rule: any OptimizerRule, states: any PartitionStates, ranks: ProcessGroup) throws {
    self.flat = flat
    self.rule = rule
    self.states = states
    self.ranks = ranks
    owner = flat.layout.partitionCount == 1 ? 0 : ranks.rank
    try readMastersFromValues()
  }

  /// Makes the masters equal to the working parameters, as after loading weights without optimizer states.
  ///
  /// - Throws: `TorchError`, and what the states throw.
  public func readMastersFromValues() throws {
    guard states.hasMasters else { return }
    try withoutGradients {
      for bucket in flat.layout.buckets.indices {
        try states.setValues(
          of: .master, at: partitionRange(ofBucket: bucket).lowerBound, flat.shardValues(bucket, rank: owner))
      }
    }
  }

  /// Makes this rank's part of the working parameters equal to the masters, rounded.
  ///
  /// - Throws: `TorchError`, and what the states throw.
  public func writeValuesFromMasters() throws {
    guard states.hasMasters else { return }
    try withoutGradients {
      for bucket in flat.layout.buckets.indices {
        let values = try flat.shardBuffer(bucket, rank: owner)
        for piece in pieces(ofBucket: bucket) {
          try values.narrow(dim: 0, start: piece.offset, length: piece.range.count)
            .copyInPlace(states.values(of: .master, piece.range))
        }
        try flat.storeShard(values, bucket)
      }
    }
  }

  /// This rank's part of a bucket, as elements of its partition.
  func partitionRange(ofBucket index: Int) -> Range<Int> {
    let start = flat.layout.partitionOffset(ofBucket: index)
    return start..<start + flat.layout.buckets[index].shardElementCount
  }

  /// What is updated at once of a bucket: elements of the partition, and the first one counted from the start of this
  /// rank's part of the bucket.
  func pieces(ofBucket index: Int) -> [(range: Range<Int>, offset: Int)] {
    let whole = partitionRange(ofBucket: index)
    return SubGroups.parts(of: whole, limit: states.largestPiece).map { ($0, $0.lowerBound - whole.lowerBound) }
  }

  /// Announces the updates of all buckets, in their order.
  ///
  /// - Throws: what the states throw.
  func beginUpdates() throws {
    try states.beginUpdates(of: flat.layout.buckets.indices.flatMap { pieces(ofBucket: $0).map(\.range) })
  }

  /// Updates this rank's part of one bucket. `rule.beginStep()` and `beginUpdates` came before.
  ///
  /// - Parameters:
  ///   - gradient: `[shardElementCount]`, times `multiplier` the gradient.
  func update(bucket: Int, gradient: Tensor, multiplier: Double) throws {
    let values = try flat.shardBuffer(bucket, rank: owner)
    try update(bucket: bucket, gradient: gradient, multiplier: multiplier, values: values)
    try flat.storeShard(values, bucket)
  }

  /// The same with the new working values beside the old ones, until the group publishes them. The states keep masters.
  func updateStaged(bucket: Int, gradient: Tensor, multiplier: Double) throws {
    let count = flat.layout.buckets[bucket].shardElementCount
    let values = try Tensor.empty([count], dtype: flat.dtype, device: flat.device)
    try update(bucket: bucket, gradient: gradient, multiplier: multiplier, values: values)
    try flat.stage(values, bucket)
  }

  /// - Parameter values: receives the new working values; where there are no masters, it is what is updated.
  private func update(bucket: Int, gradient: Tensor, multiplier: Double, values: Tensor) throws {
    for (range, offset) in pieces(ofBucket: bucket) {
      let piece = try states.borrow(range)
      let values = try values.narrow(dim: 0, start: offset, length: range.count)
      // Where the states live on another device, the gradient goes there and new weights come from there.
      let home = piece.master?.device ?? values.device
      let copy =
        home == values.device ? values : try Tensor.empty([range.count], dtype: values.dtype, device: home)
      let update = FlatUpdate(
        master: piece.master ?? values, states: piece.states,
        gradient: try gradient.narrow(dim: 0, start: offset, length: range.count).to(home),
        gradientMultiplier: multiplier, lowPrecisionCopy: piece.master == nil ? nil : copy)
      if let layerwise = rule as? any LayerwiseRule {
        try self.update(update, bucket: bucket, rule: layerwise)
      } else {
        try rule.update(update)
      }
      if home != values.device { try values.copyInPlace(copy) }
      try states.giveBack(piece)
    }
  }

  /// Both halves of a step that needs norms of whole parameters. Buckets hold whole parameters, so the ranks that
  /// share a bucket have all parts of them; the update is all of this rank's part.
  private func update(_ update: FlatUpdate, bucket index: Int, rule: any LayerwiseRule) throws {
    let bucket = flat.layout.buckets[index]
    let shard = bucket.shard(of: owner)
    let held = bucket.entries.indices.filter { !bucket.entries[$0].range.clamped(to: shard).isEmpty }
    let parts = held.map { entry in
      let range = bucket.entries[entry].range.clamped(to: shard)
      return range.lowerBound - shard.lowerBound..<range.upperBound - shard.lowerBound
    }
    var sums = [Double](repeating: 0, count: 2 * bucket.entries.count)
    for (entry, squares) in zip(held, try rule.measure(update, parameters: parts)) {
      sums[2 * entry] = squares.weights
      sums[2 * entry + 1] = squares.direction
    }
    if flat.layout.partitionCount > 1 {
      let total = try Tensor(sums, shape: [sums.count])
      try ranks.allReduce(total, op: .sum, label: "norms of the parameters of a bucket").wait()
      sums = try total.array(of: Double.self)
    }
    let squares = held.map { LayerSquares(weights: sums[2 * $0], direction: sums[2 * $0 + 1]) }
    try rule.apply(update, parameters: parts, squares: squares)
  }

  /// The name under which the masters are found among the states.
  public static let masterState = "fp32"

  /// The names of everything that this group keeps: `fp32` for the masters, then the rule's states.
  public var stateNames: [String] { [PartitionedGroup.masterState] + rule.stateNames }

  /// The pieces of parameters in this rank's partition, none of them larger than what is updated at once.
  public var fragments: [FlatLayout.Fragment] {
    flat.layout.fragments(of: owner).flatMap { $0.parts(limit: states.largestPiece) }
  }

  /// One state, of ``stateNames``, of one piece of a parameter: `[fragment.parameterRange.count]`, for reading only.
  ///
  /// - Throws: `TorchError`, and what the states throw.
  public func values(ofState state: String, _ fragment: FlatLayout.Fragment) throws -> Tensor {
    let tensor = tensor(named: state)
    guard tensor != .master || states.hasMasters else { return try workingValues(fragment) }
    return try states.values(of: tensor, fragment.partitionRange)
  }

  /// Replaces one state of one piece of a parameter. The working parameters stay as they are, unless they are
  /// their own masters.
  ///
  /// - Parameters:
  ///   - state: one of ``stateNames``.
  ///   - fragment: the piece of the parameter.
  ///   - values: `[fragment.parameterRange.count]`, of any dtype.
  /// - Throws: `TorchError`, and what the states throw.
  public func setValues(ofState state: String, _ fragment: FlatLayout.Fragment, _ values: Tensor) throws {
    let tensor = tensor(named: state)
    guard tensor != .master || states.hasMasters else {
      try workingValues(fragment).copyInPlace(values)
      return
    }
    try states.setValues(of: tensor, at: fragment.partitionOffset, values)
  }

  private func tensor(named state: String) -> StateTensor {
    if state == PartitionedGroup.masterState { return .master }
    guard let index = rule.stateNames.firstIndex(of: state) else {
      preconditionFailure("the rule has no state \(state), only \(rule.stateNames)")
    }
    return .state(index)
  }

  /// A view of this rank's working parameters.
  private func workingValues(_ fragment: FlatLayout.Fragment) throws -> Tensor {
    let buckets = flat.layout.buckets
    let index = buckets.indices.last { flat.layout.partitionOffset(ofBucket: $0) <= fragment.partitionOffset } ?? 0
    return try flat.shardValues(index, rank: owner).narrow(
      dim: 0, start: fragment.partitionOffset - flat.layout.partitionOffset(ofBucket: index),
      length: fragment.parameterRange.count)
  }

  /// Bytes of masters and states in this rank's memory.
  public var stateByteCount: Int { states.byteCount }
}
