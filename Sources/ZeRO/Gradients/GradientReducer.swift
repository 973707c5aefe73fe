public import Collectives
import Layers
import Optimizers
public import Torch

/// Collects the gradients that backward produces into buckets and reduces each bucket over the ranks as soon
/// as it is full, while backward goes on (arXiv 1910.02054, sections 5.2 and 7.1).
///
/// Buckets are reduced in index order on every rank, whatever order the gradients arrive in: ranks whose
/// graphs differ (an unused parameter here, another there) still issue the same collectives.
///
/// Sums travel unscaled; the division by the rank count belongs to `gradientMultiplier`, which the optimizer
/// kernel applies in its one pass.
public final class GradientReducer {
  /// What a rank keeps of the reduced gradients.
  public enum Retention: Sendable, Equatable {
    /// Stage 0: everything, in place.
    case whole
    /// Stage 1: the whole buffer stays, of which this rank's slice is reduced.
    case wholeBufferOwnSlice
    /// Stage 2: this rank's slice; the buffer is freed after each backward.
    case ownSlice
  }

  /// How gradients of different ranks are combined.
  public struct Combination: Sendable, Equatable {
    /// The factor before the sum over ranks.
    public var multiplierBefore: Double
    /// The factor that remains to be applied after it.
    public var multiplierAfter: Double

    /// `gradient_allreduce_op`, `prescale_gradients` and `gradient_predivide_factor` as two factors.
    ///
    /// - Parameters:
    ///   - isMean: divide by the rank count in all; false for "sum".
    ///   - prescale: divide before the sum instead of after it.
    ///   - predivideFactor: divide by this before and multiply after, when not prescaling.
    ///   - rankCount: ranks in the sum.
    public init(isMean: Bool, prescale: Bool, predivideFactor: Double, rankCount: Int) {
      let overall = isMean ? 1 / Double(rankCount) : 1
      multiplierBefore = !isMean ? 1 : prescale ? overall : 1 / predivideFactor
      multiplierAfter = overall / multiplierBefore
    }
  }

  /// Bytes of gradients of which consecutive quantised buckets travel together: between machines a message costs about
  /// as long as they do.
  private static let quantizedBatchSize = 1 << 20
  /// Reductions that may be under way at once: one on the wire while the next bucket fills. More would only
  /// hold more buffers.
  private static let inFlightLimit = 2

  private let groups: [any ParameterGroup]
  private let processGroup: ProcessGroup
  private let replicas: ProcessGroup?
  private let retention: Retention
  private let combination: Combination
  private let communicationDType: DType?
  private let quantized: QuantizedReduction?
  /// The buckets of all groups, in the one order in which they are reduced.
  private var buckets: [GradientBucket] = []
  private var firstBucket: [Int] = []
  /// The group of each bucket, and its index there.
  private var places: [(group: Int, bucket: Int)] = []
  private var shards: any GradientShards
  /// Makes slices for ``takeSlices()``.
  private let makeShards: () throws -> any GradientShards
  private var spareShards: (any GradientShards)?
  private var inFlight: [PendingReduction] = []
  private var gathers: [Work] = []
  /// The buckets that are reduced together, in order.
  private var batches: [Range<Int>] = []
  private var nextBatch = 0
  /// Reductions that were begun, of one bucket or of several that travel together.
  public private(set) var reductionCount = 0
  private var isSynchronizing = true
  private var isBoundary = true
  private var hooks: [HookRegistration] = []
  /// Takes this rank's slice of each bucket as soon as it is final, in the last pass before a step; nil in other
  /// passes. It is not kept for the step, unless ``keepsFinalSlices`` says so, and then only read.
  var onFinalSlice: ((_ group: Int, _ bucket: Int, _ slice: Tensor) throws -> Void)?
  /// Whether slices that were taken are kept too: whoever took them may come back for all of them.
  var keepsFinalSlices = false

  /// Attaches to the parameters of `groups`.
  ///
  /// - Parameters:
  ///   - groups: flat layouts with their parameters; each must outlive its gradients.
  ///   - processGroup: the ranks that share the gradients' slices.
  ///   - replicas: the ranks with the same slices, over which these are summed before a step; nil for none.
  ///   - retention: whether this rank keeps all of the gradient or its partition only.
  ///   - combination: the factors before and after the sum over ranks.
  ///   - gradientDType: the dtype in which gradients are kept and accumulated.
  ///   - communicationDType: the dtype on the wire, or nil for `gradientDType`.
  ///   - overlap: reduce during backward; otherwise all buckets at its end.
  ///   - quantized: reduces gradients in 4-bit blocks; nil for the plain way.
  ///   - files: where this rank's slices go when only those are kept; nil for memory.
  ///   - offload: which of these slices go to host memory; nil for none.
  public init(
    groups: [any ParameterGroup], processGroup: ProcessGroup, replicas: ProcessGroup? = nil, retention: Retention,
    combination: Combination,
    gradientDType: DType, communicationDType: DType?, overlap: Bool, quantized: QuantizedReduction? = nil,
    files: FileSettings? = nil, offload: HostOffload? = nil
  ) throws {
    self.groups = groups
    self.processGroup = processGroup
    self.replicas = replicas
    self.retention = retention
    self.combination = combination
    self.quantized = quantized
    self.communicationDType = communicationDType == gradientDType ? nil : communicationDType
    let sliceCounts = groups.flatMap { $0.layout.buckets.map { $0.elementCount / processGroup.size } }
    let devices = groups.flatMap { group in
      let buckets = group.layout.buckets.indices
      let staying = offload?.deviceBucketCount(of: buckets.count) ?? buckets.count
      return buckets.map { $0 < staying ? group.device : .cpu }
    }
    makeShards = {
      guard let files else { return MemoryGradientShards(devices: devices) }
      return try FileGradientShards(elementCounts: sliceCounts, rank: processGroup.globalRanks[processGroup.rank], settings: files)
    }
    shards = try makeShards()
    for (index, group) in groups.enumerated() {
      firstBucket.append(buckets.count)
      for (place, bucket) in group.layout.buckets.enumerated() {
        places.append((index, place))
        buckets.append(
          GradientBucket(
            bucket: bucket, label: GradientReducer.label(of: bucket, in: group.layout), dtype: gradientDType,
            device: group.device))
      }
    }
    batches = PendingReduction.batches(
      of: buckets.map { $0.bucket.elementCount * gradientDType.byteCount },
      limit: quantized == nil ? 0 : Self.quantizedBatchSize)
    try attach(overlap: overlap)
  }

  private static func label(of bucket: FlatLayout.Bucket, in layout: FlatLayout) -> String {
    guard let first = bucket.entries.first, let last = bucket.entries.last else { return "empty bucket" }
    let head = layout.members[first.member].path
    let tail = layout.members[last.member].path
    return head == tail ? "gradient of \(head)" : "gradients of \(head) ... \(tail) (\(bucket.entries.count))"
  }

  private func attach(overlap: Bool) throws {
    for (groupIndex, group) in groups.enumerated() {
      for (bucketIndex, bucket) in group.layout.buckets.enumerated() {
        let position = firstBucket[groupIndex] + bucketIndex
        for (entryIndex, entry) in bucket.entries.enumerated() {
          let hook = try group.parameters[entry.member].leaf.onGradientAccumulated { [unowned self] tensor in
            try self.gradientReady(of: tensor, bucket: position, entry: entryIndex, overlap: overlap)
            if self.buckets[position].isComplete { try group.gradientsArrived(bucketIndex) }
          }
          hooks.append(hook)
        }
      }
    }
  }

  private func gradientReady(of tensor: Tensor, bucket: Int, entry: Int, overlap: Bool) throws {
    guard let gradient = tensor.gradient else { return }
    try withoutGradients { try buckets[bucket].accept(gradient, entry: entry) }
    try tensor.setGradient(nil)
    guard isSynchronizing && overlap else { return }
    try advance()
    while nextBatch < batches.count && batches[nextBatch].allSatisfy({ buckets[$0].isComplete }) {
      try reduceNextBatch()
    }
  }

  /// Starts a backward pass. With `synchronize` false its gradients only accumulate on this rank
  /// (accumulation before the boundary at stages 0 and 1, `no_sync`). The last pass before a step is the `boundary`,
  /// where slices are summed over replicas too.
  public func beginBackward(synchronize: Bool, boundary: Bool) {
    isSynchronizing = synchronize
    isBoundary = boundary
    nextBatch = 0
    for bucket in buckets { bucket.beginBackward() }
  }

  /// Ends a backward pass: reduces what is left, waits, and keeps what this rank's step will read.
  ///
  /// - Throws: `CollectiveError` when a rank failed or did not come.
  public func finishBackward() throws {
    guard isSynchronizing else { return }
    try withoutGradients {
      while nextBatch < batches.count { try reduceNextBatch() }
      for reduction in inFlight { try reduction.startLastHop() }
      while !inFlight.isEmpty { try settleOldest() }
      for work in gathers { try work.wait() }
      gathers = []
    }
    retainedByteCount = byteCount
  }

  /// Starts second hops where the first has ended, in order and without waiting.
  private func advance() throws(CollectiveError) {
    for reduction in inFlight {
      guard try reduction.advance() else { return }
    }
  }

  private func reduceNextBatch() throws {
    let batch = batches[nextBatch]
    nextBatch += 1
    let wholes = try batch.map(sendableBuffer)
    guard processGroup.size > 1 else {
      for (index, whole) in zip(batch, wholes) { try keepShard(index, whole) }
      return
    }
    if inFlight.count == GradientReducer.inFlightLimit { try settleOldest() }
    let items = try zip(batch, wholes).map { index, whole in
      let shard =
        try reducesInPlace
        ? ownSlice(of: buckets[index])
        : Tensor.empty([whole.elementCount / processGroup.size], dtype: whole.dtype, device: whole.device)
      return QuantizedReduction.Item(output: shard, input: whole, name: buckets[index].label)
    }
    reductionCount += 1
    inFlight.append(try PendingReduction(batch, items, in: processGroup, quantized: quantized))
  }

  /// Whether a sum goes to its place in the buffer at once: where the buffer stays and has the dtype on the wire.
  private var reducesInPlace: Bool { retention != .ownSlice && communicationDType == nil && quantized == nil }

  /// A bucket's gradients as they are sent.
  private func sendableBuffer(_ index: Int) throws -> Tensor {
    let bucket = buckets[index]
    try bucket.fillAbsent()
    let whole = try bucket.wholeBuffer()
    if combination.multiplierBefore != 1 { try whole.mulInPlace(combination.multiplierBefore) }
    guard processGroup.size > 1, quantized == nil, let communicationDType else { return whole }
    return try whole.to(communicationDType)
  }

  /// Waits for the oldest reduction and puts its results where the retention wants them.
  private func settleOldest() throws {
    let reduction = inFlight.removeFirst()
    try reduction.wait()
    for (index, shard) in zip(reduction.buckets, reduction.shards) {
      let bucket = buckets[index]
      switch retention {
      case .whole: try gather(shard, into: bucket.wholeBuffer(), label: bucket.label)
      case .wholeBufferOwnSlice:
        if !reducesInPlace { try ownSlice(of: bucket).copyInPlace(shard) }
        try keepShard(index, shard)
      case .ownSlice: try keepShard(index, shard)
      }
    }
  }

  private func gather(_ shard: Tensor, into whole: Tensor, label: String) throws {
    if whole.dtype == shard.dtype {
      gathers.append(try processGroup.allGather(into: whole, from: shard, label: label))
    } else {
      let gathered = try Tensor.empty([whole.elementCount], dtype: shard.dtype, device: whole.device)
      try processGroup.allGather(into: gathered, from: shard, label: label).wait()
      try whole.copyInPlace(gathered)
    }
  }

  /// Does with this rank's slice of a bucket what the retention and the schedule of updates want.
  private func keepShard(_ index: Int, _ reduced: Tensor) throws {
    let bucket = buckets[index]
    switch (retention, onFinalSlice) {
    case (.whole, _), (.wholeBufferOwnSlice, nil): return
    case (.wholeBufferOwnSlice, let take?): try take(places[index].group, places[index].bucket, ownSlice(of: bucket))
    case (.ownSlice, nil):
      try shards.add(reduced, to: index, dtype: bucket.wholeBuffer().dtype)
      bucket.clear(keepingMemory: false)
      if isBoundary, replicas != nil { try shards.change(index) { try sumOverReplicas($0, label: bucket.label) } }
    case (.ownSlice, let take?):
      let slice = try shards.take(adding: reduced, to: index, dtype: bucket.wholeBuffer().dtype)
      bucket.clear(keepingMemory: false)
      try sumOverReplicas(slice, label: bucket.label)
      if keepsFinalSlices { try shards.put(slice, in: index) }
      try take(places[index].group, places[index].bucket, slice)
    }
  }

  private func sumOverReplicas(_ slice: Tensor, label: String) throws {
    try replicas?.allReduce(slice, op: .sum, label: label).wait()
  }

  private func ownSlice(of bucket: GradientBucket) throws -> Tensor {
    let count = bucket.bucket.elementCount / processGroup.size
    return try bucket.wholeBuffer().narrow(dim: 0, start: processGroup.rank * count, length: count)
  }

  /// The reduced gradient that this rank's step of one bucket reads, `[shard]` or, at stage 0, `[bucket]`.
  /// Nil when no backward has run since the last `clear`.
  public func gradient(group: Int, bucket: Int) throws -> Tensor? {
    let index = firstBucket[group] + bucket
    switch retention {
    case .whole: return buckets[index].buffer
    case .wholeBufferOwnSlice: return buckets[index].buffer == nil ? nil : try ownSlice(of: buckets[index])
    case .ownSlice: return try shards.values(of: index)
    }
  }

  /// The sum of squares of what ``gradient(group:bucket:)`` yields, nil when there is nothing.
  func squares(group: Int, bucket: Int) throws -> GradientSquares? {
    guard retention != .ownSlice else { return try shards.squares(of: firstBucket[group] + bucket) }
    return try gradient(group: group, bucket: bucket).map(GradientSquares.init)
  }

  /// Hands the gradients of a step over, so that backward passes can begin while they are read. Not at stage 0.
  ///
  /// - Throws: `TorchError`, `AsyncFileError`.
  func takeSlices() throws -> ReducedSlices {
    switch retention {
    case .whole: preconditionFailure("stage 0 has no slices")
    case .wholeBufferOwnSlice:
      // The buffers are those of the next pass.
      let copies = try makeShards()
      for (index, bucket) in buckets.enumerated() where bucket.buffer != nil {
        try copies.add(ownSlice(of: bucket).clone(), to: index, dtype: bucket.wholeBuffer().dtype)
      }
      clear()
      return ReducedSlices(shards: copies, firstBucket: firstBucket)
    case .ownSlice:
      let taken = shards
      shards = try spareShards ?? makeShards()
      spareShards = nil
      return ReducedSlices(shards: taken, firstBucket: firstBucket)
    }
  }

  /// Slices that were taken and read may be filled again.
  func reuse(_ slices: ReducedSlices) {
    slices.shards.clear()
    if retention == .ownSlice { spareShards = slices.shards }
  }

  /// The factor that turns what `gradient(group:bucket:)` holds into the mean (or sum) over ranks.
  public var gradientMultiplier: Double { combination.multiplierAfter }

  /// The gradients were thrown away: what their quantisation lost must not come back.
  func forgetErrors() { quantized?.forgetErrors() }

  /// What quantisation lost is that of gradients of another loss scale.
  func scaleErrors(by factor: Double) { quantized?.scaleErrors(by: factor) }

  /// Forgets all gradients (`zero_grad`), after a step or a skipped one.
  public func clear() {
    for bucket in buckets { bucket.clear(keepingMemory: retention != .ownSlice) }
    shards.clear()
    inFlight = []
  }

  /// Bytes of gradients held now, in buffers and slices.
  public var byteCount: Int {
    buckets.reduce(0) { $0 + ($1.buffer?.byteCount ?? 0) } + shards.byteCount
  }

  /// The slices of reduced gradients in this rank's memory.
  var residentSlices: [Tensor] { shards.resident }

  /// The buffers of buckets that are kept.
  var residentBuffers: [Tensor] { buckets.compactMap(\.buffer) }

  /// Bytes of gradients that were held when the last backward had been reduced: what a step reads.
  public private(set) var retainedByteCount = 0

  /// Detaches from the parameters; gradients then stay where autograd puts them.
  public func close() {
    for hook in hooks { hook.remove() }
    hooks = []
  }
}
