internal import CKernels
public import Torch

/// Stochastic gradient descent with momentum over one flat f32 partition.
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
  /// `momentum_buffer` `[n]` in f32, or no tensor without momentum; nil before `allocateState`.
  public private(set) var state: OptimizerState?
  private var partitionLength = 0

  /// The velocity, where there is momentum.
  public var stateNames: [String] { options.momentum == 0 ? [] : ["momentum_buffer"] }

  /// The factor `learningRate` of the formula above, for the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule without states.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense.
  public init(_ options: SGDOptions = SGDOptions()) throws(OptimizerError) {
    try options.validate()
    self.options = options
  }

  /// Nothing: schedules cycle the betas of Adam only.
  public func setMomentum(_ momentum: CycledMomentum) {}

  /// Makes the velocity of a partition, all zero, `[elementCount]`; nothing without momentum.
  ///
  /// - Throws: `OptimizerError.mismatch` for a dtype other than f32, `TorchError` when memory runs out.
  public func allocateState(elementCount: Int, device: Device, dtype: DType) throws {
    guard dtype == .float32 else {
      throw OptimizerError.mismatch(what: "dtype of SGD's states", found: dtype.name, expected: "float32")
    }
    var tensors: [String: Tensor] = [:]
    for name in stateNames {
      tensors[name] = try Tensor.zeroPages([elementCount], dtype: dtype, device: device)
    }
    state = OptimizerState(step: 0, tensors: tensors)
    partitionLength = elementCount
  }

  /// Goes on from a saved velocity, which is taken over without a copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when its name or dtype is not that of SGD.
  public func restore(_ saved: OptimizerState) throws {
    let count = try FlatOperands.check(saved, names: stateNames)
    if let wrong = saved.tensors.values.first(where: { $0.dtype != .float32 }) {
      throw OptimizerError.mismatch(
        what: "dtype of SGD's states", found: wrong.dtype.name, expected: "float32")
    }
    state = saved
    // Without momentum there is no tensor to tell, and nothing that a piece could lie outside of.
    partitionLength = count ?? .max / 2
  }

  /// Counts one step; at the first one the velocity becomes the gradient itself.
  ///
  /// - Throws: `OptimizerError.option` when an option makes no sense, `.mismatch` without state.
  public func beginStep() throws {
    try options.validate()
    guard state != nil else { throw OptimizerError.missingState }
    state?.step += 1
  }

  /// Updates elements `piece.offset` and on of the partition: master weights, velocity, low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece lies outside of the partition or its tensors do not
  ///   fit, `TorchError`.
  public func update(_ piece: FlatUpdate) throws {
    guard let state else { throw OptimizerError.missingState }
    try FlatOperands.check(piece, partitionLength: partitionLength)
    let count = piece.master.elementCount
    let velocity = try state.tensors["momentum_buffer"]?.narrow(dim: 0, start: piece.offset, length: count)
    if piece.master.device == .cpu {
      try updateFused(piece, velocity: velocity, isFirst: state.step == 1)
    } else {
      try updateWithOperations(piece, velocity: velocity, isFirst: state.step == 1)
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
