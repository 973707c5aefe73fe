internal import CKernels
internal import Torch

/// Adam and AdamW on flat f32 master weights, with the names and defaults of DeepSpeed's `optimizer.params`.
///
/// With `g` the gradient times its multiplier (plus `weightDecay * p` when not decoupled) and `t` the step:
///
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g^2
///     p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///           - learningRate * weightDecay * p        (decoupled)
///
/// Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1; Loshchilov and Hutter 2019 (arXiv 1711.05101),
/// algorithm 2. Unlike algorithm 2 the decay is scaled by the learning rate, as in torch and DeepSpeed.
public struct AdamOptions: Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// The first of `betas`: how much of the mean of gradients a step keeps.
  public var beta1: Double
  /// The second of `betas`: how much of the mean of squares a step keeps.
  public var beta2: Double
  /// Added to the root of the mean of squares. `eps`.
  public var epsilon: Double
  /// How much of a weight a step of rate 1 takes away (decoupled), or adds to its gradient. `weight_decay`.
  public var weightDecay: Double
  /// Whether the means are corrected for their start at zero. `bias_correction`.
  public var correctsBias: Bool
  /// Whether the decay is taken from the weights (AdamW) instead of being added to the gradient.
  /// `adam_w_mode`, which DeepSpeed switches on for the type "Adam" as well.
  public var isDecoupled: Bool
  /// Whether the step is made of ordinary tensor operations instead of the fused kernel. `torch_adam`.
  public var usesTensorOperations: Bool

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, correctsBias: Bool = true, isDecoupled: Bool = true,
    usesTensorOperations: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.correctsBias = correctsBias
    self.isDecoupled = isDecoupled
    self.usesTensorOperations = usesTensorOperations
  }
}

extension AdamOptions: FusedOptions, BetaOptions {
  var choice: OptimizerOptions { .adam(self) }

  /// The mean of gradients and the mean of their squares.
  var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

  func validate() throws(OptimizerError) {
    try OptimizerError.check(notNegative: ("lr", learningRate), ("eps", epsilon), ("weight_decay", weightDecay))
    try OptimizerError.check(betas: beta1, beta2)
  }

  func runKernel(on buffers: inout ck_update_buffers, gradientMultiplier: Double, step: Int) {
    var numbers = ck_adam_options(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
      step: Int64(step), bias_correction: correctsBias, decoupled: isDecoupled, gradient_multiplier: gradientMultiplier)
    ck_adam_step(&buffers, &numbers, .best, FlatOperands.executor)
  }

  func operate(on piece: WidePiece, step: Int) throws {
    let (master, gradient, first, second) = (piece.master, piece.gradient, piece.states[0], piece.states[1])
    if !isDecoupled && weightDecay != 0 { try gradient.addInPlace(master, alpha: weightDecay) }
    try first.mulInPlace(beta1).addInPlace(gradient, alpha: 1 - beta1)
    try second.mulInPlace(beta2).addcmulInPlace(gradient, gradient, value: 1 - beta2)
    let corrections = [beta1, beta2].map { correctsBias ? BiasCorrection.remaining($0, step: step) : 1 }
    let denominator = try second.sqrt()
    try denominator.mulInPlace(1 / corrections[1].squareRoot()).addInPlace(epsilon)
    let change = try first.div(denominator)
    try change.mulInPlace(learningRate / corrections[0])
    if isDecoupled && weightDecay != 0 { try change.addInPlace(master, alpha: learningRate * weightDecay) }
    try master.subInPlace(change)
  }
}

/// What is left of a mean's start at zero.
enum BiasCorrection {
  /// `1 - beta^step`.
  static func remaining(_ beta: Double, step: Int) -> Double {
    var (power, factor, left) = (1.0, beta, step)
    while left > 0 {
      if left & 1 == 1 { power *= factor }
      factor *= factor
      left >>= 1
    }
    return 1 - power
  }
}
