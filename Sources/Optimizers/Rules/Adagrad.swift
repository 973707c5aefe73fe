internal import CKernels
internal import Torch

/// Adagrad on flat f32 master weights, with the names and defaults of DeepSpeed's `optimizer.params`.
///
///     g = multiplier * gradient + weightDecay * p
///     s = s + g^2
///     p = p - learningRate * g / (sqrt(s) + epsilon)
///
/// Source: Duchi, Hazan and Singer 2011, JMLR 12, with the diagonal matrix.
public struct AdagradOptions: Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// Added to the root of the sum of squares. `eps`.
  public var epsilon: Double
  /// Added to the gradient as a share of the weight. `weight_decay`.
  public var weightDecay: Double

  /// DeepSpeed's defaults.
  public init(learningRate: Double = 1e-2, epsilon: Double = 1e-10, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

extension AdagradOptions: FusedOptions {
  var choice: OptimizerOptions { .adagrad(self) }

  /// The sum of squared gradients, as torch names it.
  var stateNames: [String] { ["sum"] }

  func validate() throws(OptimizerError) {
    try OptimizerError.check(notNegative: ("lr", learningRate), ("eps", epsilon), ("weight_decay", weightDecay))
  }

  func runKernel(on buffers: inout ck_update_buffers, gradientMultiplier: Double, step: Int) {
    var numbers = ck_adagrad_options(
      learning_rate: learningRate, epsilon: epsilon, weight_decay: weightDecay,
      gradient_multiplier: gradientMultiplier)
    ck_adagrad_step(&buffers, &numbers, .best, FlatOperands.executor)
  }

  func operate(on piece: WidePiece, step: Int) throws {
    try piece.gradient.addInPlace(piece.master, alpha: weightDecay)
    try piece.states[0].addcmulInPlace(piece.gradient, piece.gradient)
    let change = try piece.gradient.div(piece.states[0].sqrt().addInPlace(epsilon))
    try piece.master.subInPlace(change, alpha: learningRate)
  }
}
