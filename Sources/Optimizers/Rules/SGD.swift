internal import CKernels
public import Torch

/// Stochastic gradient descent with momentum on flat f32 master weights.
///
///     g = multiplier * gradient + weightDecay * p
///     b = g at the first step, then momentum * b + (1 - dampening) * g
///     p = p - learningRate * (nesterov: g + momentum * b; without momentum: g; else b)
///
/// Source: Sutskever, Martens, Dahl and Hinton 2013; with the learning rate outside the velocity, as in
/// torch.
public final class SGD: OptimizerRule {
  /// The options of the coming step.
  public private(set) var options: SGDOptions
  /// Steps made.
  public var step = 0

  /// The velocity, where there is momentum.
  public var stateNames: [String] { options.momentum == 0 ? [] : ["momentum_buffer"] }
  /// The dtype of the velocity: f32, bf16 or f16.
  public let stateDType: DType

  /// The factor `learningRate` of the formula above, for the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for a dtype of states other
  ///   than f32, bf16 and f16.
  public init(_ options: SGDOptions = SGDOptions(), stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType, of: "SGD")
    self.options = options
    self.stateDType = stateDType
  }

  /// Nothing: schedules cycle the betas of Adam only.
  public func setMomentum(_ momentum: CycledMomentum) {}

  /// Counts one step; at the first one the velocity becomes the gradient itself.
  ///
  /// - Throws: `OptimizerError.option` when an option makes no sense.
  public func beginStep() throws {
    try options.validate()
    step += 1
  }

  /// Updates a piece: master weights, velocity, low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece's tensors do not fit, `TorchError`.
  public func update(_ piece: FlatUpdate) throws {
    try FlatOperands.check(piece, of: self)
    if piece.master.device == .cpu {
      try updateFused(piece, isFirst: step == 1)
    } else {
      try updateWithOperations(piece, isFirst: step == 1)
    }
  }

  private func updateFused(_ piece: FlatUpdate, isFirst: Bool) throws {
    var numbers = ck_sgd_options(
      learning_rate: options.learningRate, momentum: options.momentum, dampening: options.dampening,
      weight_decay: options.weightDecay, nesterov: options.isNesterov, first_step: isFirst,
      gradient_multiplier: piece.gradientMultiplier)
    try FlatOperands.withBuffers(of: piece, stateDType: stateDType) {
      ck_sgd_step(&$0, &numbers, .best, FlatOperands.executor)
    }
  }

  private func updateWithOperations(_ piece: FlatUpdate, isFirst: Bool) throws {
    let wide = try WidePiece(piece)
    var change = wide.gradient
    try change.addInPlace(wide.master, alpha: options.weightDecay)
    if let velocity = wide.states.first {
      if isFirst {
        try velocity.copyInPlace(change)
      } else {
        try velocity.mulInPlace(options.momentum).addInPlace(change, alpha: 1 - options.dampening)
      }
      change = options.isNesterov ? try change.add(velocity, alpha: options.momentum) : velocity
    }
    try wide.master.subInPlace(change, alpha: options.learningRate)
    try wide.store()
  }
}
