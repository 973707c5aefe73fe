internal import CKernels
internal import Torch

/// Lion on flat f32 master weights, where every weight moves by the learning rate; with the names and
/// defaults of DeepSpeed's `optimizer.params`.
///
///     g = multiplier * gradient
///     c = beta1 * m + (1 - beta1) * g
///     p = (1 - learningRate * weightDecay) * p - learningRate * sign(c)
///     m = beta2 * m + (1 - beta2) * g
///
/// The sign of a zero is that of its sign bit, as in DeepSpeed: weights that never get a gradient move too.
/// In the paper they rest.
///
/// Source: Chen et al. 2023 (arXiv 2302.06675), algorithm 2.
public struct LionOptions: Sendable, Equatable {
  /// What every weight moves by in a step. `lr`.
  public var learningRate: Double
  /// How much of the mean of gradients joins the direction. The first of `betas`.
  public var beta1: Double
  /// How much of the mean of gradients a step keeps. The second of `betas`.
  public var beta2: Double
  /// How much of a weight a step of rate 1 takes away. `weight_decay`.
  public var weightDecay: Double

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }
}

extension LionOptions: FusedOptions, BetaOptions {
  var choice: OptimizerOptions { .lion(self) }

  /// The mean of gradients.
  var stateNames: [String] { ["exp_avg"] }

  func validate() throws(OptimizerError) {
    try OptimizerError.check(notNegative: ("lr", learningRate), ("weight_decay", weightDecay))
    try OptimizerError.check(betas: beta1, beta2)
  }

  func runKernel(on buffers: inout ck_update_buffers, gradientMultiplier: Double, step: Int) {
    var numbers = ck_lion_options(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, weight_decay: weightDecay,
      gradient_multiplier: gradientMultiplier)
    ck_lion_step(&buffers, &numbers, .best, FlatOperands.executor)
  }

  /// Here the sign of both zeros is positive.
  func operate(on piece: WidePiece, step: Int) throws {
    let direction = try piece.states[0].mul(beta1)
    try direction.addInPlace(piece.gradient, alpha: 1 - beta1)
    let sign = try direction.ge(0).to(.float32).mulInPlace(2).addInPlace(-1)
    try piece.master.mulInPlace(1 - learningRate * weightDecay)
    try piece.master.subInPlace(sign, alpha: learningRate)
    try piece.states[0].mulInPlace(beta2).addInPlace(piece.gradient, alpha: 1 - beta2)
  }
}
