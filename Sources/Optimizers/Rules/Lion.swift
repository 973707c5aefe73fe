internal import CKernels
public import Torch

/// Lion on flat f32 master weights: every weight moves by the learning rate.
///
///     g = multiplier * gradient
///     c = beta1 * m + (1 - beta1) * g
///     p = (1 - learningRate * weightDecay) * p - learningRate * sign(c)
///     m = beta2 * m + (1 - beta2) * g
///
/// The sign of a zero is that of its sign bit, as in DeepSpeed: weights that never get a gradient move too. In
/// the paper they rest.
///
/// Source: Chen et al. 2023 (arXiv 2302.06675), algorithm 2.
public final class Lion: OptimizerRule {
  /// The options of the coming step.
  public private(set) var options: LionOptions
  /// Steps made.
  public var step = 0
  /// The dtype of the states: f32, bf16 or f16.
  public let stateDType: DType

  /// The mean of gradients.
  public var stateNames: [String] { ["exp_avg"] }

  /// The learning rate of the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for a dtype of states other
  ///   than f32, bf16 and f16.
  public init(_ options: LionOptions = LionOptions(), stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType, of: "Lion")
    self.options = options
    self.stateDType = stateDType
  }

  /// Sets both betas of the coming step.
  public func setMomentum(_ momentum: CycledMomentum) {
    options.beta1 = momentum.beta1
    options.beta2 = momentum.beta2
  }

  /// Counts one step.
  ///
  /// - Throws: `OptimizerError.option` when the learning rate or a beta makes no sense.
  public func beginStep() throws {
    try options.validate()
    step += 1
  }

  /// Updates a piece: master weights, states, low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece's tensors do not fit, `TorchError`.
  public func update(_ piece: FlatUpdate) throws {
    try FlatOperands.check(piece, of: self)
    if piece.master.device == .cpu {
      try updateFused(piece)
    } else {
      try updateWithOperations(piece)
    }
  }

  private func updateFused(_ piece: FlatUpdate) throws {
    var numbers = ck_lion_options(
      learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2,
      weight_decay: options.weightDecay, gradient_multiplier: piece.gradientMultiplier)
    try FlatOperands.withBuffers(of: piece, stateDType: stateDType) {
      ck_lion_step(&$0, &numbers, .best, FlatOperands.executor)
    }
  }

  /// The same step for devices without a kernel, where the sign of both zeros is positive.
  func updateWithOperations(_ piece: FlatUpdate) throws {
    let wide = try WidePiece(piece)
    let direction = try wide.states[0].mul(options.beta1)
    try direction.addInPlace(wide.gradient, alpha: 1 - options.beta1)
    let sign = try direction.ge(0).to(.float32).mulInPlace(2).addInPlace(-1)
    try wide.master.mulInPlace(1 - options.learningRate * options.weightDecay)
    try wide.master.subInPlace(sign, alpha: options.learningRate)
    try wide.states[0].mulInPlace(options.beta2).addInPlace(wide.gradient, alpha: 1 - options.beta2)
    try wide.store()
  }
}
