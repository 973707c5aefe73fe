import Layers
import Torch

/// The parameters that are gathered and released together: those directly in one module, as one run of memory that
/// is there only while it is used. The graph that a forward pass leaves keeps referring to it while it is empty.
final class GatherUnit {
  /// Where the values are.
  enum State {
    /// Only this rank's shard is there.
    case released
    /// On the way.
    case gathering(any PendingGather)
    /// Whole.
    case available
  }

  /// The index among all units of the gatherer.
  let index: Int
  /// The module or parameter, for messages.
  let label: String
  let elementCount: Int
  /// All shards in order of rank, `[elementCount]`; without memory while released.
  let whole: Tensor
  /// Where the shard begins among those of a rank, in bytes.
  let byteOffset: Int
  /// Whether the parameters are trained, so that their gradients say when a backward pass is done with them.
  let isTrainable: Bool
  private(set) var state = State.released
  /// Module calls under way that have used it, and callers of `withGathered`.
  var userCount = 0
  /// A backward pass has come by, and has not finished with it.
  var isInBackward = false
  /// The elements of the unit that this rank's shard holds.
  let shardRange: Range<Int>
  private let leaves: [Tensor]
  private var idleStorageUses = 0
  private var idleLeafUses: [Int] = []

  init(
    index: Int, label: String, whole: Tensor, shardRange: Range<Int>, leaves: [Tensor],
    byteOffset: Int, isTrainable: Bool
  ) {
    self.index = index
    self.label = label
    self.whole = whole
    self.shardRange = shardRange
    self.leaves = leaves
    self.byteOffset = byteOffset
    self.isTrainable = isTrainable
    elementCount = whole.elementCount
  }

  /// Notes who refers to the parameters while no graph does.
  func noteIdle() {
    idleStorageUses = whole.storageUseCount
    idleLeafUses = leaves.map(\.useCount)
  }

  /// Whether a graph has kept one of the parameters, or a view of one, for its backward pass.
  var isKeptByGraph: Bool {
    whole.storageUseCount > idleStorageUses || zip(leaves, idleLeafUses).contains { $0.useCount > $1 }
  }

  /// True while nothing says that the values must stay.
  var isIdle: Bool {
    if case .available = state { return userCount == 0 && !isInBackward }
    return false
  }

  var isReleased: Bool { if case .released = state { true } else { false } }

  /// Begins to bring the values; does nothing when they are there or coming.
  func begin(_ source: any ShardSource, _ fidelity: GatherFidelity) throws {
    if isReleased { expect(try source.beginGather(prepare(), fidelity)) }
  }

  /// Takes the memory for the values, which are to be brought next.
  func prepare() throws -> GatherRequest {
    try whole.resizeStorage(byteCount: whole.byteCount)
    return GatherRequest(whole: whole, byteOffset: byteOffset, label: label)
  }

  /// The values are on their way; nil when they are there.
  func expect(_ pending: (any PendingGather)?) { state = pending.map(State.gathering) ?? .available }

  /// Returns when the values are there; `expect` came before.
  func finish() throws {
    guard case .gathering(let pending) = state else { return }
    try pending.wait()
    state = .available
  }

  /// Gives the memory back.
  func release() throws {
    try finish()
    guard case .available = state else { return }
    try whole.resizeStorage(byteCount: 0)
    state = .released
  }

  /// After a failure: zeros, so that nothing is read that is not there until the failure is thrown.
  func fillWithZeros() {
    try? whole.resizeStorage(byteCount: whole.byteCount)
    whole.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
    state = .available
  }
}

/// What a partitioned parameter knows of its place. It keeps the gatherer alive, so that the parameter can be read
/// also after its engine has gone.
final class UnitResidence: ParameterResidence {
  let unit: GatherUnit
  let gatherer: ParameterGatherer
  /// The parameter's elements in the unit.
  let range: Range<Int>

  init(unit: GatherUnit, range: Range<Int>, gatherer: ParameterGatherer) {
    self.unit = unit
    self.range = range
    self.gatherer = gatherer
  }

  func willRead(_ parameter: Parameter) { gatherer.willRead(unit) }

  /// Puts new values of the parameter into this rank's shard.
  func assign(_ values: Tensor) throws {
    let own = range.clamped(to: unit.shardRange)
    guard !own.isEmpty else { return }
    try withoutGradients {
      let part = try values.reshape([range.count]).narrow(
        dim: 0, start: own.lowerBound - range.lowerBound, length: own.count)
      let shard = try gatherer.source.ownShard(
        byteOffset: unit.byteOffset, elementCount: unit.shardRange.count, dtype: unit.whole.dtype)
      try shard.narrow(dim: 0, start: own.lowerBound - unit.shardRange.lowerBound, length: own.count)
        .copyInPlace(part)
      try gatherer.source.storeOwnShard(shard, byteOffset: unit.byteOffset)
    }
  }
}
