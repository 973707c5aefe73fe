internal import Torch

/// A rule whose step of a parameter depends on norms of the whole parameter, which may lie on several ranks.
///
/// A step of a piece is two halves, between which the owner of the partition adds up what all ranks that hold
/// parts of a parameter have measured.
public protocol LayerwiseRule: OptimizerRule {
  /// The first half: updates states, measures.
  ///
  /// - Parameters:
  ///   - piece: what is updated.
  ///   - parameters: the elements of each parameter in the piece, counted from the piece's start; elements of none
  ///     are left alone.
  /// - Returns: the squares of each parameter's elements in the piece.
  /// - Throws: `OptimizerError.mismatch` for tensors that do not fit each other, `TorchError`.
  func measure(_ piece: FlatUpdate, parameters: [Range<Int>]) throws -> [LayerSquares]

  /// The second half: updates weights and their copy, with the squares of each whole parameter.
  ///
  /// - Throws: `OptimizerError.mismatch` for tensors that do not fit each other, `TorchError`.
  func apply(_ piece: FlatUpdate, parameters: [Range<Int>], squares: [LayerSquares]) throws
}

/// Sums of squares over elements of one parameter.
public struct LayerSquares: Sendable, Equatable {
  /// Of what the parameter holds before the step.
  public var weights: Double
  /// Of the direction in which they are to move.
  public var direction: Double

  /// Sums, which add up over the parts of a parameter.
  public init(weights: Double, direction: Double) {
    self.weights = weights
    self.direction = direction
  }
}

extension FlatUpdate {
  /// The elements of a range, views.
  ///
  /// - Throws: `TorchError`.
  func part(_ range: Range<Int>) throws -> FlatUpdate {
    func cut(_ tensor: Tensor) throws -> Tensor {
      try tensor.narrow(dim: 0, start: range.lowerBound, length: range.count)
    }
    return FlatUpdate(
      master: try cut(master), states: try states.map(cut), gradient: try cut(gradient),
      gradientMultiplier: gradientMultiplier, lowPrecisionCopy: try lowPrecisionCopy.map(cut))
  }
}
