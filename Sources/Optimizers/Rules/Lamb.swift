internal import CKernels
public import Torch

/// LAMB on flat f32 master weights: Adam's direction, with each parameter's step scaled by its trust ratio.
///
///     m = beta1 * m + (1 - beta1) * g,  v = beta2 * v + (1 - beta2) * g^2
///     u = m / (sqrt(v) + epsilon) + weightDecay * p
///     r = |p| / |u| between the smallest and the largest ratio; 1 where a norm is 0
///     p = p - learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * r * u
///
/// `g` is the gradient times its multiplier; the norms are those of whole parameters.
///
/// Source: You et al. 2020 (arXiv 1904.00962), algorithm 2, with DeepSpeed's placing of the bias correction.
public final class Lamb: LayerwiseRule {
  /// The options of the coming step.
  public private(set) var options: LambOptions
  /// Steps made.
  public var step = 0
  /// The dtype of the states: f32, bf16 or f16.
  public let stateDType: DType

  /// The mean of gradients and the mean of their squares.
  public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

  /// The learning rate of the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for a dtype of states other
  ///   than f32, bf16 and f16.
  public init(_ options: LambOptions = LambOptions(), stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType, of: "Lamb")
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

  /// Updates the moments of a piece and sums the squares of each of its parameters' weights and directions.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece's tensors do not fit, `TorchError`.
  public func measure(_ piece: FlatUpdate, parameters: [Range<Int>]) throws -> [LayerSquares] {
    try FlatOperands.check(piece, of: self)
    return try parameters.map { range in
      let part = try piece.part(range)
      guard part.master.device == .cpu else { return try measureWithOperations(part) }
      var numbers = numbers(multiplier: part.gradientMultiplier)
      let found = try FlatOperands.withBuffers(of: part, stateDType: stateDType) {
        ck_lamb_moments(&$0, &numbers, .best, FlatOperands.executor)
      }
      return LayerSquares(weights: found.weights, direction: found.direction)
    }
  }

  /// Moves each parameter of a piece along its direction, scaled by the trust ratio of the whole parameter.
  ///
  /// - Throws: `OptimizerError.mismatch` when the piece's tensors do not fit, `TorchError`.
  public func apply(_ piece: FlatUpdate, parameters: [Range<Int>], squares: [LayerSquares]) throws {
    try FlatOperands.check(piece, of: self)
    for (range, whole) in zip(parameters, squares) {
      let part = try piece.part(range)
      let ratio = trustRatio(whole)
      guard part.master.device == .cpu else {
        try applyWithOperations(part, trustRatio: ratio)
        continue
      }
      var numbers = numbers(multiplier: part.gradientMultiplier)
      try FlatOperands.withBuffers(of: part, stateDType: stateDType) {
        ck_lamb_apply(&$0, &numbers, ratio, .best, FlatOperands.executor)
      }
    }
  }

  /// `|p| / |u|` within the limits of the options; 1 where a norm is 0.
  func trustRatio(_ squares: LayerSquares) -> Double {
    guard squares.weights > 0, squares.direction > 0 else { return 1 }
    let ratio = (squares.weights / squares.direction).squareRoot()
    return min(max(ratio, options.minimumRatio), options.maximumRatio)
  }

  private func numbers(multiplier: Double) -> ck_lamb_options {
    ck_lamb_options(
      learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
      epsilon_inside_root: options.addsEpsilonInsideRoot, weight_decay: options.weightDecay, step: Int64(step),
      bias_correction: options.correctsBias, gradient_multiplier: multiplier)
  }

  /// The first half for devices without a kernel.
  func measureWithOperations(_ piece: FlatUpdate) throws -> LayerSquares {
    let wide = try WidePiece(piece)
    try wide.states[0].mulInPlace(options.beta1).addInPlace(wide.gradient, alpha: 1 - options.beta1)
    try wide.states[1].mulInPlace(options.beta2)
      .addcmulInPlace(wide.gradient, wide.gradient, value: 1 - options.beta2)
    for (stored, state) in zip(piece.states, wide.states) where stored.dtype != .float32 {
      try stored.copyInPlace(state)
    }
    // The direction is that of the moments as they are stored, because the second half knows no others.
    let direction = try direction(WidePiece(piece))
    return LayerSquares(
      weights: try wide.master.square().sum(dtype: .float64).item(),
      direction: try direction.square().sum(dtype: .float64).item())
  }

  /// The second half for devices without a kernel.
  func applyWithOperations(_ piece: FlatUpdate, trustRatio: Double) throws {
    let wide = try WidePiece(piece)
    let correction =
      options.correctsBias
      ? BiasCorrection.remaining(options.beta2, step: step).squareRoot()
        / BiasCorrection.remaining(options.beta1, step: step) : 1
    try wide.master.subInPlace(try direction(wide), alpha: options.learningRate * correction * trustRatio)
    try wide.store()
  }

  private func direction(_ wide: WidePiece) throws -> Tensor {
    let root =
      options.addsEpsilonInsideRoot
      ? try wide.states[1].add(options.epsilon).sqrt() : try wide.states[1].sqrt().add(options.epsilon)
    return try wide.states[0].div(root).addInPlace(wide.master, alpha: options.weightDecay)
  }
}
