internal import Torch

/// A piece as f32 tensors, for steps that are made of tensor operations.
struct WidePiece {
  /// The weights: those of the piece themselves where they are f32.
  let master: Tensor
  /// The states: those of the piece themselves where they are f32.
  let states: [Tensor]
  /// A copy of the gradient, times its multiplier.
  let gradient: Tensor
  private let piece: FlatUpdate

  init(_ piece: FlatUpdate) throws(TorchError) {
    self.piece = piece
    // `to` yields the tensor itself where its dtype is f32 already.
    master = try piece.master.to(.float32)
    var states: [Tensor] = []
    for state in piece.states { states.append(try state.to(.float32)) }
    self.states = states
    gradient = try piece.gradient.to(.float32).mul(piece.gradientMultiplier)
  }

  /// Rounds what is not f32 back into the piece, and writes its copy.
  func store() throws(TorchError) {
    if piece.master.dtype != .float32 { try piece.master.copyInPlace(master) }
    for (stored, wide) in zip(piece.states, states) where stored.dtype != .float32 { try stored.copyInPlace(wide) }
    try piece.lowPrecisionCopy?.copyInPlace(master)
  }
}
