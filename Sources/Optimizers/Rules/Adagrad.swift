internal import CKernels
public import Torch

/// Adagrad on flat f32 master weights.
///
///     g = multiplier * gradient + weightDecay * p
///     s = s + g^2
///     p = p - learningRate * g / (sqrt(s) + epsilon)
///
/// Source: Duchi, Hazan and Singer 2011, JMLR 12, with the diagonal matrix.
public final class Adagrad: OptimizerRule {
  /// The options of the coming step.
  public private(set) var options: AdagradOptions
  /// Steps made.
  public var step = 0
  /// The dtype of the states: f32, bf16 or f16.
  public let stateDType: DType

  /// The sum of squared gradients, as torch names it.
  public var stateNames: [String] { ["sum"] }

  /// The learning rate of the coming step; not validated until `beginStep`.
  public var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  /// A rule before its first step.
  ///
  /// - Throws: `OptimizerError.option` for options that make no sense, `.mismatch` for a dtype of states other
  ///   than f32, bf16 and f16.
  public init(_ options: AdagradOptions = AdagradOptions(), stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType, of: "Adagrad")
    self.options = options
    self.stateDType = stateDType
  }

  /// Nothing: there are no betas.
  public func setMomentum(_ momentum: CycledMomentum) {}

  /// Counts one step.
  ///
  /// - Throws: `OptimizerError.option` when an option makes no sense.
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
    var numbers = ck_adagrad_options(
      learning_rate: options.learningRate, epsilon: options.epsilon, weight_decay: options.weightDecay,
      gradient_multiplier: piece.gradientMultiplier)
    try FlatOperands.withBuffers(of: piece, stateDType: stateDType) {
      ck_adagrad_step(&$0, &numbers, .best, FlatOperands.executor)
    }
  }

  /// The same step for devices without a kernel.
  func updateWithOperations(_ piece: FlatUpdate) throws {
    let wide = try WidePiece(piece)
    try wide.gradient.addInPlace(wide.master, alpha: options.weightDecay)
    try wide.states[0].addcmulInPlace(wide.gradient, wide.gradient)
    let change = try wide.gradient.div(wide.states[0].sqrt().addInPlace(options.epsilon))
    try wide.master.subInPlace(change, alpha: options.learningRate)
    try wide.store()
  }
}
