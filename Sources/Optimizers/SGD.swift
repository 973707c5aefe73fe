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
  /// f32: the kernel has no other.
  public var stateDType: DType { .float32 }

  /// The factor `learningRate` of the formula above, for the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense.
  public init(_ options: SGDOptions = SGDOptions()) throws(OptimizerError) {
    try options.validate()
    self.options = options
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
      try updateFused(piece, velocity: piece.states.first, isFirst: step == 1)
    } else {
      try updateWithOperations(piece, velocity: piece.states.first, isFirst: step == 1)
    }
  }

  private func updateFused(_ piece: FlatUpdate, velocity: Tensor?, isFirst: Bool) throws {
    var numbers = ck_sgd_options(
      learning_rate: options.learningRate, momentum: options.momentum, dampening: options.dampening,
      weight_decay: options.weightDecay, nesterov: options.isNesterov, first_step: isFirst,
      gradient_multiplier: piece.gradientMultiplier)
    let gradientDType = try FlatOperands.kernelDType(of: piece.gradient, "gradient")
    let copyDType = try piece.lowPrecisionCopy.map {
      try FlatOperands.kernelDType(of: $0, "low-precision copy")
    }
    FlatOperands.withPointers([piece.master, velocity, piece.gradient, piece.lowPrecisionCopy]) { pointers in
      var buffers = ck_sgd_buffers(
        count: Int64(piece.master.elementCount), master: pointers[0]?.assumingMemoryBound(to: Float.self),
        momentum: pointers[1]?.assumingMemoryBound(to: Float.self), gradient: pointers[2],
        gradient_dtype: gradientDType, copy: pointers[3], copy_dtype: copyDType ?? .float32)
      ck_sgd_step(&buffers, &numbers, .best, FlatOperands.executor)
    }
  }

  private func updateWithOperations(_ piece: FlatUpdate, velocity: Tensor?, isFirst: Bool) throws {
    var change = try piece.gradient.to(.float32).mul(piece.gradientMultiplier)
    try change.addInPlace(piece.master, alpha: options.weightDecay)
    if let velocity {
      if isFirst {
        try velocity.copyInPlace(change)
      } else {
        try velocity.mulInPlace(options.momentum).addInPlace(change, alpha: 1 - options.dampening)
      }
      change = options.isNesterov ? try change.add(velocity, alpha: options.momentum) : velocity
    }
    try piece.master.subInPlace(change, alpha: options.learningRate)
    try piece.lowPrecisionCopy?.copyInPlace(piece.master)
  }
}
