internal import CKernels
public import Torch

/// Adam and AdamW over one flat f32 partition.
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
  /// `exp_avg` and `exp_avg_sq`, each `[n]` for a partition of n elements; nil before `allocateState`.
  public private(set) var state: OptimizerState?

  /// The mean of gradients and the mean of their squares.
  public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

  /// The factor `learningRate` of the formula above, for the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule without states.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense.
  public init(_ options: AdamOptions = AdamOptions()) throws(OptimizerError) {
    try options.validate()
    self.options = options
  }

  /// Sets both betas of the coming step.
  public func setMomentum(_ momentum: CycledMomentum) {
    options.beta1 = momentum.beta1
    options.beta2 = momentum.beta2
  }

  /// Makes both moments of a partition, all zero, `[elementCount]` in `dtype`: f32, bf16 or f16.
  ///
  /// - Throws: `OptimizerError.mismatch` for another dtype, `TorchError` when memory runs out.
  public func allocateState(elementCount: Int, device: Device, dtype: DType) throws {
    guard FlatOperands.kernelDType(dtype) != nil else {
      throw OptimizerError.mismatch(
        what: "dtype of Adam's states", found: dtype.name, expected: "float32, bfloat16 or float16")
    }
    var tensors: [String: Tensor] = [:]
    for name in stateNames {
      tensors[name] = try Tensor.zeroPages([elementCount], dtype: dtype, device: device)
    }
    state = OptimizerState(step: 0, tensors: tensors)
  }

  /// Goes on from saved moments, which are taken over without a copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when names, lengths or dtypes are not those of Adam.
  public func restore(_ saved: OptimizerState) throws {
    try FlatOperands.check(saved, names: stateNames)
    state = saved
  }

  /// Adds one to `t`, which the bias corrections use.
  ///
  /// - Throws: `OptimizerError.option` when the learning rate or a beta makes no sense, `.mismatch` without
  ///   state.
  public func beginStep() throws {
    try options.validate()
    guard state != nil else { throw OptimizerError.missingState }
    state?.step += 1
  }

  /// Updates elements `piece.offset` and on of the partition: master weights, moments, low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece lies outside of the partition or its tensors do not
  ///   fit, `TorchError`.
  public func update(_ piece: FlatUpdate) throws {
    guard let state, let first = state.tensors["exp_avg"], let second = state.tensors["exp_avg_sq"] else {
      throw OptimizerError.missingState
    }
    try FlatOperands.check(piece, partitionLength: first.elementCount)
    let count = piece.master.elementCount
    let moments = (
      first: try first.narrow(dim: 0, start: piece.offset, length: count),
      second: try second.narrow(dim: 0, start: piece.offset, length: count)
    )
    if options.usesTensorOperations || piece.master.device != .cpu {
      try TensorAdam(options: options, step: state.step)
        .update(piece, firstMoment: moments.first, secondMoment: moments.second)
    } else {
      try updateFused(piece, firstMoment: moments.first, secondMoment: moments.second, step: state.step)
    }
  }

  private func updateFused(_ piece: FlatUpdate, firstMoment: Tensor, secondMoment: Tensor, step: Int) throws {
    var numbers = ck_adam_options(
      learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2,
      epsilon: options.epsilon, weight_decay: options.weightDecay, step: Int64(step),
      bias_correction: options.correctsBias, decoupled: options.isDecoupled,
      gradient_multiplier: piece.gradientMultiplier)
    let stateDType = try FlatOperands.kernelDType(of: firstMoment, "optimizer states")
    let gradientDType = try FlatOperands.kernelDType(of: piece.gradient, "gradient")
    let copyDType = try piece.lowPrecisionCopy.map {
      try FlatOperands.kernelDType(of: $0, "low-precision copy")
    }
    let tensors = [piece.master, firstMoment, secondMoment, piece.gradient, piece.lowPrecisionCopy]
    FlatOperands.withPointers(tensors) { pointers in
      var buffers = ck_adam_buffers(
        count: Int64(piece.master.elementCount), master: pointers[0]?.assumingMemoryBound(to: Float.self),
        first_moment: pointers[1], second_moment: pointers[2], state_dtype: stateDType, gradient: pointers[3],
        gradient_dtype: gradientDType, copy: pointers[4], copy_dtype: copyDType ?? .float32)
      ck_adam_step(&buffers, &numbers, .best, FlatOperands.executor)
    }
  }
}
