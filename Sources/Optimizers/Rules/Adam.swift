internal import CKernels
public import Torch

/// Adam and AdamW on flat f32 master weights.
///
/// With `g` the gradient times its multiplier (plus `weightDecay * p` when not decoupled) and `t` the step:
///
///     m = beta1 * m + (1 - beta1) * g
///     v = beta2 * v + (1 - beta2) * g^2
///     p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///           - learningRate * weightDecay * p        (decoupled)
///
/// On the CPU the step is one pass of a fused kernel, whose bits do not depend on the processor or the number
/// of threads; elsewhere, and where the options ask for it, it is made of tensor operations.
///
/// Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1; Loshchilov and Hutter 2019 (arXiv 1711.05101),
/// algorithm 2. Unlike algorithm 2 the decay is scaled by the learning rate, as in torch and DeepSpeed.
public final class Adam: OptimizerRule {
  /// The options of the coming step.
  public private(set) var options: AdamOptions
  /// Steps made: `t` of the formula above.
  public var step = 0
  /// The dtype of both moments: f32, bf16 or f16.
  public let stateDType: DType

  /// The mean of gradients and the mean of their squares.
  public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

  /// The factor `learningRate` of the formula above, for the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for a dtype of states other
  ///   than f32, bf16 and f16.
  public init(_ options: AdamOptions = AdamOptions(), stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType, of: "Adam")
    self.options = options
    self.stateDType = stateDType
  }

  /// Sets both betas of the coming step.
  public func setMomentum(_ momentum: CycledMomentum) {
    options.beta1 = momentum.beta1
    options.beta2 = momentum.beta2
  }

  /// Adds one to `t`, which the bias corrections use.
  ///
  /// - Throws: `OptimizerError.option` when the learning rate or a beta makes no sense.
  public func beginStep() throws {
    try options.validate()
    step += 1
  }

  /// Updates a piece: master weights, moments, low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece's tensors do not fit, `TorchError`.
  public func update(_ piece: FlatUpdate) throws {
    try FlatOperands.check(piece, of: self)
    if options.usesTensorOperations || piece.master.device != .cpu {
      try TensorAdam(options: options, step: step).update(piece)
    } else {
      try updateFused(piece)
    }
  }

  private func updateFused(_ piece: FlatUpdate) throws {
    var numbers = ck_adam_options(
      learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2,
      epsilon: options.epsilon, weight_decay: options.weightDecay, step: Int64(step),
      bias_correction: options.correctsBias, decoupled: options.isDecoupled,
      gradient_multiplier: piece.gradientMultiplier)
    try FlatOperands.withBuffers(of: piece, stateDType: stateDType) {
      ck_adam_step(&$0, &numbers, .best, FlatOperands.executor)
    }
  }
}
