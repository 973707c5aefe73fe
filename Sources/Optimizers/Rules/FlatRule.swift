internal import CKernels
internal import Torch

/// The options of an update rule, and the arithmetic that they stand for.
protocol RuleOptions: Sendable, Equatable {
  var learningRate: Double { get set }
  var weightDecay: Double { get set }
  /// These options as a choice among all rules.
  var choice: OptimizerOptions { get }
  /// The names of the states.
  var stateNames: [String] { get }
  /// Throws `OptimizerError.option` when an option makes no sense; what a schedule sets is checked as well.
  func validate() throws(OptimizerError)
  mutating func setMomentum(_ momentum: CycledMomentum)
  /// Updates a piece whose tensors fit, in step number `step`, counted from 1.
  func update(_ piece: FlatUpdate, step: Int) throws
}

extension RuleOptions {
  /// Nothing: schedules cycle betas only.
  mutating func setMomentum(_ momentum: CycledMomentum) {}

  func makeRule(stateDType: DType) throws(OptimizerError) -> any OptimizerRule {
    try FlatRule(self, stateDType: stateDType)
  }
}

/// Options with the decay rates of two means.
protocol BetaOptions: RuleOptions {
  var beta1: Double { get set }
  var beta2: Double { get set }
}

extension BetaOptions {
  mutating func setMomentum(_ momentum: CycledMomentum) {
    beta1 = momentum.beta1
    beta2 = momentum.beta2
  }
}

/// Arithmetic of one pass: a fused kernel on the CPU, whose bits depend neither on the processor nor on the
/// number of threads; tensor operations elsewhere, against which the kernel is tested.
protocol FusedOptions: RuleOptions {
  /// Whether the CPU makes its steps of tensor operations too.
  var usesTensorOperations: Bool { get }
  func runKernel(on buffers: inout ck_update_buffers, gradientMultiplier: Double, step: Int)
  /// The same step, in place.
  func operate(on piece: WidePiece, step: Int) throws
}

extension FusedOptions {
  var usesTensorOperations: Bool { false }

  func update(_ piece: FlatUpdate, step: Int) throws {
    guard usesTensorOperations || piece.master.device != .cpu else {
      return try FlatOperands.withBuffers(of: piece) {
        runKernel(on: &$0, gradientMultiplier: piece.gradientMultiplier, step: step)
      }
    }
    let wide = try WidePiece(piece)
    try operate(on: wide, step: step)
    try wide.store()
  }
}

/// An update rule of any options: what all rules have in common.
final class FlatRule<Options: RuleOptions>: OptimizerRule {
  /// The options of the coming step.
  private(set) var options: Options
  var step = 0
  let stateDType: DType

  init(_ options: Options, stateDType: DType = .float32) throws(OptimizerError) {
    try options.validate()
    try FlatOperands.checkStateDType(stateDType)
    self.options = options
    self.stateDType = stateDType
  }

  var stateNames: [String] { options.stateNames }

  /// Not validated until `beginStep`.
  var learningRate: Double {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }

  func restarted() throws -> any OptimizerRule { try options.makeRule(stateDType: .float32) }

  func setMomentum(_ momentum: CycledMomentum) { options.setMomentum(momentum) }

  func beginStep() throws {
    try options.validate()
    step += 1
  }

  func update(_ piece: FlatUpdate) throws {
    try FlatOperands.check(piece, of: self)
    try options.update(piece, step: step)
  }
}
