import Torch

/// A partition whose first elements have one owner and whose others have another. No piece crosses the border.
final class SplitStates: PartitionStates {
  private let first: any PartitionStates
  private let rest: any PartitionStates
  private let border: Int

  /// Both owners keep masters, or neither does.
  init(first: any PartitionStates, rest: any PartitionStates, border: Int) {
    precondition(first.hasMasters == rest.hasMasters, "one half of a partition has masters and the other has not")
    self.first = first
    self.rest = rest
    self.border = border
  }

  var hasMasters: Bool { first.hasMasters }
  var byteCount: Int { first.byteCount + rest.byteCount }
  var residentMasters: [Tensor] { first.residentMasters + rest.residentMasters }
  var residentStates: [Tensor] { first.residentStates + rest.residentStates }
  var largestPiece: Int { min(first.largestPiece, rest.largestPiece) }

  func beginUpdates(of ranges: [Range<Int>]) throws {
    try first.beginUpdates(of: ranges.filter { $0.lowerBound < border })
    try rest.beginUpdates(of: ranges.filter { $0.lowerBound >= border }.map { moved($0, by: -border) })
  }

  func borrow(_ range: Range<Int>) throws -> StatePiece {
    guard range.lowerBound >= border else { return try first.borrow(range) }
    return moved(try rest.borrow(moved(range, by: -border)), by: border)
  }

  func giveBack(_ piece: StatePiece) throws {
    guard piece.range.lowerBound >= border else { return try first.giveBack(piece) }
    try rest.giveBack(moved(piece, by: -border))
  }

  func endUpdates() throws {
    try first.endUpdates()
    try rest.endUpdates()
  }

  func commit() {
    first.commit()
    rest.commit()
  }

  func revoke() throws {
    try first.revoke()
    try rest.revoke()
  }

  func values(of tensor: StateTensor, _ range: Range<Int>) throws -> Tensor {
    guard range.lowerBound >= border else { return try first.values(of: tensor, range) }
    return try rest.values(of: tensor, moved(range, by: -border))
  }

  func setValues(of tensor: StateTensor, at offset: Int, _ values: Tensor) throws {
    guard offset >= border else { return try first.setValues(of: tensor, at: offset, values) }
    try rest.setValues(of: tensor, at: offset - border, values)
  }

  private func moved(_ range: Range<Int>, by distance: Int) -> Range<Int> {
    range.lowerBound + distance..<range.upperBound + distance
  }

  private func moved(_ piece: StatePiece, by distance: Int) -> StatePiece {
    StatePiece(range: moved(piece.range, by: distance), master: piece.master, states: piece.states)
  }
}
