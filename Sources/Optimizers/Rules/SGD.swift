internal import CKernels
internal import Torch

/// Stochastic gradient descent with momentum on flat f32 master weights, with the names and defaults of
/// torch's `SGD`.
///
///     g = multiplier * gradient + weightDecay * p
///     b = g at the first step, then momentum * b + (1 - dampening) * g
///     p = p - learningRate * (nesterov: g + momentum * b; without momentum: g; else b)
///
/// Source: Sutskever, Martens, Dahl and Hinton 2013; with the learning rate outside the velocity, as in
/// torch.
public struct SGDOptions: Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// How much of the velocity a step keeps; 0: there is none, and no state. `momentum`.
  public var momentum: Double
  /// How much of a gradient does not reach the velocity. `dampening`.
  public var dampening: Double
  /// Added to the gradient as a share of the weight. `weight_decay`.
  public var weightDecay: Double
  /// Whether the step looks ahead along the velocity. `nesterov`.
  public var isNesterov: Bool

  /// torch's defaults.
  public init(
    learningRate: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
    isNesterov: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    self.isNesterov = isNesterov
  }
}

extension SGDOptions: FusedOptions {
  var choice: OptimizerOptions { .sgd(self) }

  /// The velocity, where there is momentum.
  var stateNames: [String] { momentum == 0 ? [] : ["momentum_buffer"] }

  func validate() throws(OptimizerError) {
    try OptimizerError.check(notNegative: ("lr", learningRate), ("momentum", momentum), ("weight_decay", weightDecay))
    try OptimizerError.check("dampening", dampening, "a finite number") { _ in true }
    guard !isNesterov || (momentum > 0 && dampening == 0) else {
      throw .option(
        name: "nesterov", value: "true", expected: "false, or used with momentum and no dampening")
    }
  }

  func runKernel(on buffers: inout ck_update_buffers, gradientMultiplier: Double, step: Int) {
    var numbers = ck_sgd_options(
      learning_rate: learningRate, momentum: momentum, dampening: dampening, weight_decay: weightDecay,
      nesterov: isNesterov, first_step: step == 1, gradient_multiplier: gradientMultiplier)
    ck_sgd_step(&buffers, &numbers, .best, FlatOperands.executor)
  }

  func operate(on piece: WidePiece, step: Int) throws {
    var change = piece.gradient
    try change.addInPlace(piece.master, alpha: weightDecay)
    if let velocity = piece.states.first {
      if step == 1 {
        try velocity.copyInPlace(change)
      } else {
        try velocity.mulInPlace(momentum).addInPlace(change, alpha: 1 - dampening)
      }
      change = isNesterov ? try change.add(velocity, alpha: momentum) : velocity
    }
    try piece.master.subInPlace(change, alpha: learningRate)
  }
}
