public import Optimizers
public import Torch

/// Master weights and states that lie in memory, each in one flat tensor; pieces are views of it.
public final class MemoryStates: PartitionStates {
  private let masters: Tensor?
  private let states: [Tensor]
  private let isRevocable: Bool
  /// Copies of the pieces lent since the last commit, as they were.
  private var before: [StatePiece] = []

  /// Zero masters and states of a partition.
  ///
  /// - Parameters:
  ///   - elementCount: elements of the partition.
  ///   - rule: names the states and their dtype.
  ///   - keepsMasters: whether masters are kept, apart from the working parameters.
  ///   - device: where all of it lies.
  ///   - isRevocable: pieces are copied before they are lent, so that updates can be taken back.
  /// - Throws: `TorchError` when memory runs out.
  public init(
    elementCount: Int, rule: any OptimizerRule, keepsMasters: Bool, device: Device, isRevocable: Bool = false
  ) throws {
    self.isRevocable = isRevocable
    masters = keepsMasters ? try Tensor.zeroPages([elementCount], dtype: .float32, device: device) : nil
    states = try rule.makeStates(elementCount: elementCount, device: device)
  }

  /// Whether master weights are kept here.
  public var hasMasters: Bool { masters != nil }

  /// Bytes of masters and states, and of the copies of them that a whole step makes.
  public var byteCount: Int {
    states.reduce(masters?.byteCount ?? 0) { $0 + $1.byteCount } * (isRevocable ? 2 : 1)
  }

  /// The masters, where they are kept.
  public var residentMasters: [Tensor] { masters.map { [$0] } ?? [] }

  /// The states, in the order of the rule's `stateNames`.
  public var residentStates: [Tensor] { states }

  /// No limit.
  public var largestPiece: Int { .max }

  /// Nothing: all pieces are at hand.
  public func beginUpdates(of ranges: [Range<Int>]) {}

  /// Views of the range.
  ///
  /// - Throws: `TorchError`.
  public func borrow(_ range: Range<Int>) throws -> StatePiece {
    let piece = StatePiece(
      range: range, master: try masters.map { try $0.narrow(dim: 0, start: range.lowerBound, length: range.count) },
      states: try states.map { try $0.narrow(dim: 0, start: range.lowerBound, length: range.count) })
    if isRevocable {
      before.append(
        StatePiece(range: range, master: try piece.master?.clone(), states: try piece.states.map { try $0.clone() }))
    }
    return piece
  }

  /// Nothing: what was written into the views is in its place.
  public func giveBack(_ piece: StatePiece) {}

  /// Nothing.
  public func endUpdates() {}

  /// Forgets what was there before.
  public func commit() { before = [] }

  /// Copies back what was there before.
  ///
  /// - Throws: `TorchError`.
  public func revoke() throws {
    precondition(isRevocable, "these updates were not to be revoked")
    for piece in before {
      if let master = piece.master { try setValues(of: .master, at: piece.range.lowerBound, master) }
      for (index, state) in piece.states.enumerated() {
        try setValues(of: .state(index), at: piece.range.lowerBound, state)
      }
    }
    before = []
  }

  /// A view of the range.
  ///
  /// - Throws: `TorchError`.
  public func values(of tensor: StateTensor, _ range: Range<Int>) throws -> Tensor {
    try whole(tensor).narrow(dim: 0, start: range.lowerBound, length: range.count)
  }

  /// Copies the values in.
  ///
  /// - Throws: `TorchError`.
  public func setValues(of tensor: StateTensor, at offset: Int, _ values: Tensor) throws {
    try whole(tensor).narrow(dim: 0, start: offset, length: values.elementCount).copyInPlace(values)
  }

  private func whole(_ tensor: StateTensor) -> Tensor {
    switch tensor {
    case .state(let index): return states[index]
    case .master:
      guard let masters else { preconditionFailure("these states have no masters: see hasMasters") }
      return masters
    }
  }
}
