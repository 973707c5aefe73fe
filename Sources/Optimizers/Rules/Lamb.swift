internal import CKernels
internal import Torch

/// LAMB on flat f32 master weights: Adam's direction, with each parameter's step scaled by its trust ratio;
/// with the names and defaults of DeepSpeed's `optimizer.params`.
///
///     m = beta1 * m + (1 - beta1) * g,  v = beta2 * v + (1 - beta2) * g^2
///     u = m / (sqrt(v) + epsilon) + weightDecay * p
///     r = |p| / |u| between the smallest and the largest ratio; 1 where a norm is 0
///     p = p - learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * r * u
///
/// `g` is the gradient times its multiplier; the norms are those of whole parameters.
///
/// Source: You et al. 2020 (arXiv 1904.00962), algorithm 2, with DeepSpeed's placing of the bias correction.
public struct LambOptions: Sendable, Equatable {
  /// `lr`.
  public var learningRate: Double
  /// How much of the mean of gradients a step keeps. The first of `betas`.
  public var beta1: Double
  /// How much of the mean of squares a step keeps. The second of `betas`.
  public var beta2: Double
  /// Added to the root of the mean of squares. `eps`.
  public var epsilon: Double
  /// Whether `epsilon` is added under the root. `eps_inside_sqrt`.
  public var addsEpsilonInsideRoot: Bool
  /// How much of a weight joins its direction. `weight_decay`.
  public var weightDecay: Double
  /// The largest trust ratio. `max_coeff`.
  public var maximumRatio: Double
  /// The smallest trust ratio. `min_coeff`.
  public var minimumRatio: Double
  /// Whether the means are corrected for their start at zero. `bias_correction`.
  public var correctsBias: Bool

  /// DeepSpeed's defaults.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    addsEpsilonInsideRoot: Bool = false, weightDecay: Double = 0, maximumRatio: Double = 10,
    minimumRatio: Double = 0.01, correctsBias: Bool = true
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.addsEpsilonInsideRoot = addsEpsilonInsideRoot
    self.weightDecay = weightDecay
    self.maximumRatio = maximumRatio
    self.minimumRatio = minimumRatio
    self.correctsBias = correctsBias
  }
}

extension LambOptions: BetaOptions {
  var choice: OptimizerOptions { .lamb(self) }

  /// The mean of gradients and the mean of their squares.
  var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

  func validate() throws(OptimizerError) {
    try OptimizerError.check(
      notNegative: ("lr", learningRate), ("eps", epsilon), ("weight_decay", weightDecay), ("min_coeff", minimumRatio))
    try OptimizerError.check(betas: beta1, beta2)
    try OptimizerError.check("max_coeff", maximumRatio, "a finite number of at least 'min_coeff'") { $0 >= minimumRatio }
  }

  /// Both halves, of a piece that is one whole parameter.
  func update(_ piece: FlatUpdate, step: Int) throws {
    try apply(piece, trustRatio: trustRatio(try measure(piece, step: step)), step: step)
  }

  /// The first half: moments, and the squares of a parameter's part.
  func measure(_ part: FlatUpdate, step: Int) throws -> LayerSquares {
    guard part.master.device == .cpu else { return try measureWithOperations(part) }
    var numbers = numbers(multiplier: part.gradientMultiplier, step: step)
    let found = try FlatOperands.withBuffers(of: part) {
      ck_lamb_moments(&$0, &numbers, .best, FlatOperands.executor)
    }
    return LayerSquares(weights: found.weights, direction: found.direction)
  }

  /// The second half: weights.
  func apply(_ part: FlatUpdate, trustRatio: Double, step: Int) throws {
    guard part.master.device == .cpu else { return try applyWithOperations(part, trustRatio: trustRatio, step: step) }
    var numbers = numbers(multiplier: part.gradientMultiplier, step: step)
    try FlatOperands.withBuffers(of: part) {
      ck_lamb_apply(&$0, &numbers, trustRatio, .best, FlatOperands.executor)
    }
  }

  /// `|p| / |u|` within the limits of the options; 1 where a norm is 0.
  func trustRatio(_ squares: LayerSquares) -> Double {
    guard squares.weights > 0, squares.direction > 0 else { return 1 }
    let ratio = (squares.weights / squares.direction).squareRoot()
    return min(max(ratio, minimumRatio), maximumRatio)
  }

  private func numbers(multiplier: Double, step: Int) -> ck_lamb_options {
    ck_lamb_options(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      epsilon_inside_root: addsEpsilonInsideRoot, weight_decay: weightDecay, step: Int64(step),
      bias_correction: correctsBias, gradient_multiplier: multiplier)
  }

  /// The first half for devices without a kernel.
  func measureWithOperations(_ piece: FlatUpdate) throws -> LayerSquares {
    let wide = try WidePiece(piece)
    try wide.states[0].mulInPlace(beta1).addInPlace(wide.gradient, alpha: 1 - beta1)
    try wide.states[1].mulInPlace(beta2).addcmulInPlace(wide.gradient, wide.gradient, value: 1 - beta2)
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
  func applyWithOperations(_ piece: FlatUpdate, trustRatio: Double, step: Int) throws {
    let wide = try WidePiece(piece)
    let correction =
      correctsBias
      ? BiasCorrection.remaining(beta2, step: step).squareRoot() / BiasCorrection.remaining(beta1, step: step) : 1
    try wide.master.subInPlace(try direction(wide), alpha: learningRate * correction * trustRatio)
    try wide.store()
  }

  private func direction(_ wide: WidePiece) throws -> Tensor {
    let root = addsEpsilonInsideRoot ? try wide.states[1].add(epsilon).sqrt() : try wide.states[1].sqrt().add(epsilon)
    return try wide.states[0].div(root).addInPlace(wide.master, alpha: weightDecay)
  }
}

extension FlatRule: LayerwiseRule where Options == LambOptions {
  func measure(_ piece: FlatUpdate, parameters: [Range<Int>]) throws -> [LayerSquares] {
    try FlatOperands.check(piece, of: self)
    return try parameters.map { try options.measure(piece.part($0), step: step) }
  }

  func apply(_ piece: FlatUpdate, parameters: [Range<Int>], squares: [LayerSquares]) throws {
    try FlatOperands.check(piece, of: self)
    for (range, whole) in zip(parameters, squares) {
      try options.apply(piece.part(range), trustRatio: options.trustRatio(whole), step: step)
    }
  }
}
