public import Torch

/// The owner of one partition's master weights and optimizer states, wherever they lie.
///
/// A partition is a run of elements that one rank updates; ranges count from its start. A step announces the
/// pieces that it will update, borrows them one after another and gives each back:
///
/// ```swift
/// try states.beginUpdates(of: ranges)
/// for range in ranges {
///   let piece = try states.borrow(range)
///   // ... update piece.master and piece.states in place ...
///   try states.giveBack(piece)
/// }
/// try states.endUpdates()
/// ```
///
/// States in memory hand out views; a tier of files reads ahead in the announced order and writes behind.
public protocol PartitionStates: AnyObject {
  /// Whether master weights are kept here; where not, the f32 working parameters are their own masters.
  var hasMasters: Bool { get }

  /// Bytes of memory held for masters and states.
  var byteCount: Int { get }

  /// The masters that lie in memory, whole tensors; none where they do not, or are not kept.
  var residentMasters: [Tensor] { get }

  /// The states that lie in memory, whole tensors; none where they do not.
  var residentStates: [Tensor] { get }

  /// Elements of the largest piece that is lent.
  var largestPiece: Int { get }

  /// Announces disjoint pieces that will be borrowed in this order. Pieces may be left out later.
  ///
  /// - Throws: whatever keeps the owner from reading.
  func beginUpdates(of ranges: [Range<Int>]) throws

  /// Lends one announced piece; what is written into its tensors counts once it has been given back.
  ///
  /// - Throws: `TorchError`, or whatever keeps the owner from reading.
  func borrow(_ range: Range<Int>) throws -> StatePiece

  /// Takes a piece back with its new values.
  ///
  /// - Throws: whatever keeps the owner from storing.
  func giveBack(_ piece: StatePiece) throws

  /// Returns when all pieces given back are where they live.
  ///
  /// - Throws: whatever kept the owner from storing.
  func endUpdates() throws

  /// What was given back since the last commit counts for good; an owner whose updates cannot be revoked needs no
  /// commit. Called after `endUpdates`.
  func commit()

  /// Takes all updates since the last commit back, bit by bit. Called after `endUpdates`.
  ///
  /// - Throws: whatever keeps the owner from storing.
  func revoke() throws

  /// Values outside of a step, for checkpoints and inspection: `[range.count]`, not to be written to.
  ///
  /// - Throws: `TorchError`, or whatever keeps the owner from reading.
  func values(of tensor: StateTensor, _ range: Range<Int>) throws -> Tensor

  /// Replaces values outside of a step, from `offset` on, by those of the flat tensor `values` of any dtype.
  ///
  /// - Throws: `TorchError`, or whatever keeps the owner from storing.
  func setValues(of tensor: StateTensor, at offset: Int, _ values: Tensor) throws
}

/// One of the tensors that belong to a partition.
public enum StateTensor: Sendable, Equatable {
  /// The f32 master weights.
  case master
  /// The rule's state of this index among its `stateNames`.
  case state(Int)
}

/// The tensors of one range of a partition, lent for an update; all flat and `range.count` long.
public struct StatePiece {
  /// Which elements of the partition these are.
  public let range: Range<Int>
  /// The f32 master weights; nil where the owner keeps none.
  public let master: Tensor?
  /// The states in the order of the rule's `stateNames`.
  public let states: [Tensor]

  /// A piece of these tensors.
  public init(range: Range<Int>, master: Tensor?, states: [Tensor]) {
    self.range = range
    self.master = master
    self.states = states
  }
}
