public import Torch

/// An update rule: its options, its step count, its arithmetic.
///
/// A rule knows nothing of parameters, ranks or buckets and owns no tensors: whoever owns a partition keeps its
/// master weights and the states that the rule names, and hands both over piece by piece, in any order
/// (`beginStep`, then one `update` for each piece); the bits of the result are those of one whole piece.
public protocol OptimizerRule: AnyObject {
  /// The learning rate of the coming step; a schedule sets it.
  var learningRate: Double { get set }

  /// Steps made; whoever restores saved states sets it beside them.
  var step: Int { get set }

  /// The names of the state tensors, as torch and DeepSpeed spell them in checkpoints. Each has one element
  /// for each master weight and starts at zero.
  var stateNames: [String] { get }

  /// The dtype of the state tensors.
  var stateDType: DType { get }

  /// A rule of the same options that has made no step, with f32 states.
  ///
  /// - Throws: `OptimizerError.option` when an option makes no sense.
  func restarted() throws -> any OptimizerRule

  /// Sets the momenta that a schedule cycles; rules without betas ignore them, as DeepSpeed does.
  func setMomentum(_ momentum: CycledMomentum)

  /// Counts one step; its updates follow.
  ///
  /// - Throws: `OptimizerError.option` when a learning rate or momentum makes no sense.
  func beginStep() throws

  /// Updates one piece: its master weights, states and low-precision copy.
  ///
  /// - Throws: `OptimizerError.mismatch` for tensors that do not fit each other, `TorchError`.
  func update(_ piece: FlatUpdate) throws
}

/// One piece of a partition and what a step does to it. All tensors are flat, contiguous and equally long.
public struct FlatUpdate {
  /// The f32 master weights, `[n]`; read and written.
  public var master: Tensor
  /// The rule's states, each `[n]`, in the order of its `stateNames`; read and written.
  public var states: [Tensor]
  /// The gradient, `[n]`, in f32, bf16 or f16; read where it lies.
  public var gradient: Tensor
  /// Multiplies the gradient as it is read: one over loss scale and clipping.
  public var gradientMultiplier: Double
  /// Receives the new master weights, rounded to its dtype, `[n]`; nil when nothing is to be written.
  public var lowPrecisionCopy: Tensor?

  /// A piece; the defaults are those of f32.
  public init(
    master: Tensor, states: [Tensor], gradient: Tensor, gradientMultiplier: Double = 1,
    lowPrecisionCopy: Tensor? = nil
  ) {
    self.master = master
    self.states = states
    self.gradient = gradient
    self.gradientMultiplier = gradientMultiplier
    self.lowPrecisionCopy = lowPrecisionCopy
  }
}

extension OptimizerRule {
  /// New states for `elementCount` master weights, all zero, each `[elementCount]`, in the order of `stateNames`.
  /// Their memory is taken when it is first written.
  ///
  /// - Throws: `TorchError` when memory runs out.
  public func makeStates(elementCount: Int, device: Device) throws -> [Tensor] {
    try stateNames.map { _ in try Tensor.zeroPages([elementCount], dtype: stateDType, device: device) }
  }
}
