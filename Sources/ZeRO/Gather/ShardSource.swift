public import Torch

/// Where the shards of partitioned parameters live, and how all ranks' shards of one unit come together.
///
/// Offsets count bytes of one rank's shards, which all ranks lay out alike.
public protocol ShardSource: AnyObject {
  /// Whether gathering goes on by itself after it was begun, so that beginning early hides it.
  var isAsynchronous: Bool { get }

  /// Whether ``GatherFidelity/working`` brings rounded values.
  var roundsWorkingValues: Bool { get }

  /// Whether the shard at `byteOffset` lies in this rank's memory, where it is read and written in place.
  func isInMemory(byteOffset: Int) -> Bool

  /// Bytes of memory that a rank keeps all the time of a shard of `byteCount` bytes at `byteOffset`.
  func keptByteCount(byteOffset: Int, byteCount: Int) -> Int

  /// This rank's own shard: a view where it lies in memory, else a copy.
  ///
  /// - Throws: `TorchError`, `AsyncFileError`.
  func ownShard(byteOffset: Int, elementCount: Int, dtype: DType) throws -> Tensor

  /// Takes new values of this rank's shard; for one in memory that is where they were written already. Nobody changes
  /// `values` afterwards.
  ///
  /// - Throws: `AsyncFileError`.
  func storeOwnShard(_ values: Tensor, byteOffset: Int) throws

  /// Keeps new values of this rank's shard outside of its memory, beside the old ones, which are read until they are
  /// published. Nobody changes `values` afterwards.
  ///
  /// - Throws: `AsyncFileError`.
  func stageOwnShard(_ values: Tensor, byteOffset: Int) throws

  /// From now on a staged shard is read instead of the old one; every rank has staged and publishes its shard of the
  /// unit. Does nothing for one that was not staged.
  func publishStaged(byteOffset: Int)

  /// Forgets all staged shards.
  ///
  /// - Throws: `AsyncFileError`.
  func discardStaged() throws

  /// Bytes of the largest units of which several come in less time together than one by one; 0 where that gains
  /// nothing.
  var largestCoalescedUnit: Int { get }

  /// Begins to bring every rank's shard of one unit, in order of rank.
  ///
  /// - Returns: what is to be waited for; nil when it is done.
  /// - Throws: `CollectiveError`, `AsyncFileError`.
  func beginGather(_ request: GatherRequest, _ fidelity: GatherFidelity) throws -> (any PendingGather)?

  /// Begins to bring several units, none larger than ``largestCoalescedUnit``.
  ///
  /// - Returns: what is to be waited for, once for all of them.
  /// - Throws: `CollectiveError`.
  func beginCoalescedGather(_ requests: [GatherRequest]) throws -> any PendingGather

  /// All ranks have new values in their shards when this returns; every rank calls it.
  ///
  /// - Throws: `CollectiveError`, `AsyncFileError`.
  func publish() throws
}

/// A unit that is to be brought.
public struct GatherRequest {
  /// `[N k]`, receives the shards in order of rank.
  public let whole: Tensor
  /// Where the unit's shard begins among the shards of each rank.
  public let byteOffset: Int
  /// What is gathered, for messages.
  public let label: String
}

/// What a gather is for.
public enum GatherFidelity: Sendable, Equatable {
  /// Forward and backward passes, for which values may be rounded on the way.
  case working
  /// Whoever saves, reads or changes values: they come as the ranks have them.
  case exact
}

extension ShardSource {
  /// False: values come as the ranks have them, unless a source says otherwise.
  public var roundsWorkingValues: Bool { false }

  /// All of a shard that lies in memory, unless a source says otherwise.
  public func keptByteCount(byteOffset: Int, byteCount: Int) -> Int {
    isInMemory(byteOffset: byteOffset) ? byteCount : 0
  }
}

extension ShardSource {
  /// 0: units come one by one, unless a source says otherwise.
  public var largestCoalescedUnit: Int { 0 }

  /// Traps: only a source with a ``largestCoalescedUnit`` is asked for several units.
  public func beginCoalescedGather(_ requests: [GatherRequest]) throws -> any PendingGather {
    preconditionFailure("\(requests.count) units are gathered together by a source that gains nothing from it")
  }
}

/// Shards in memory are staged by their group.
extension ShardSource {
  func stageOwnShard(_ values: Tensor, byteOffset: Int) throws {
    preconditionFailure("the shard at byte \(byteOffset) is in memory, where its group stages it")
  }

  func publishStaged(byteOffset: Int) {}

  func discardStaged() throws {}
}

/// A gather on its way.
public protocol PendingGather {
  /// Returns when the values are there.
  func wait() throws
}
