public import Torch

/// An update rule for one flat partition: its options, its states, its step.
///
/// A rule knows nothing of parameters, ranks or buckets. Whoever owns the partition may hand it over whole
/// (`step`) or piece by piece (`beginStep`, then one `update` for each piece, in any order); the bits of the
/// result are the same. One rule belongs to one partition, because it holds that partition's states.
public protocol OptimizerRule: AnyObject {
  /// The learning rate of the coming step; a schedule sets it.
  var learningRate: Double { get set }

  /// The states; nil before `allocateState`.
  var state: OptimizerState? { get }

  /// The names of the state tensors, as torch and DeepSpeed spell them in checkpoints.
  var stateNames: [String] { get }

  /// Sets the momenta that a schedule cycles; rules without betas ignore them, as DeepSpeed does.
  func setMomentum(_ momentum: CycledMomentum)

  /// Makes the states of a partition, all zero.
  ///
  /// - Parameters:
  ///   - elementCount: elements of the partition.
  ///   - device: where the states live, beside the partition.
  ///   - dtype: of the states; f32 unless the config asks for low-precision states.
  /// - Throws: `TorchError` when memory runs out, `OptimizerError.mismatch` for a dtype the rule has no
  ///   kernel for.
  func allocateState(elementCount: Int, device: Device, dtype: DType) throws

  /// Goes on from a saved state. The rule takes the tensors over.
  ///
  /// - Throws: `OptimizerError.mismatch` when names or lengths are not those of this rule.
  func restore(_ saved: OptimizerState) throws

  /// Counts one step; its updates follow.
  ///
  /// - Throws: `OptimizerError.option` when a learning rate or momentum makes no sense, `.mismatch` without
  ///   state.
  func beginStep() throws

  /// Updates one piece of the partition.
  ///
  /// - Throws: `OptimizerError.mismatch` for tensors that do not fit each other, `TorchError`.
  func update(_ piece: FlatUpdate) throws
}

/// One piece of a partition and what a step does to it. All tensors are flat, contiguous and equally long.
public struct FlatUpdate {
  /// The f32 master weights, `[n]`; read and written.
  public var master: Tensor
  /// The gradient, `[n]`, in f32, bf16 or f16; read where it lies.
  public var gradient: Tensor
  /// Multiplies the gradient as it is read: one over loss scale and clipping.
  public var gradientMultiplier: Double
  /// Receives the new master weights, rounded to its dtype, `[n]`; nil when nothing is to be written.
  public var lowPrecisionCopy: Tensor?
  /// The position of the piece in the partition, in elements.
  public var offset: Int

  /// A piece; the defaults are those of a whole partition in f32.
  public init(
    master: Tensor, gradient: Tensor, gradientMultiplier: Double = 1, lowPrecisionCopy: Tensor? = nil,
    offset: Int = 0
  ) {
    self.master = master
    self.gradient = gradient
    self.gradientMultiplier = gradientMultiplier
    self.lowPrecisionCopy = lowPrecisionCopy
    self.offset = offset
  }
}

/// What a rule remembers of one partition: plain flat tensors, which are cut and joined like the weights.
public struct OptimizerState {
  /// Steps made.
  public var step: Int
  /// The tensors by name, each with one element for each of the partition's.
  public var tensors: [String: Tensor]

  /// A state, for instance one read from a checkpoint.
  public init(step: Int, tensors: [String: Tensor]) {
    self.step = step
    self.tensors = tensors
  }

  /// Bytes of all tensors.
  public var byteCount: Int {
    tensors.values.reduce(0) { $0 + $1.byteCount }
  }
}

extension OptimizerRule {
  /// One step over the whole partition. States are made at the first step where they have not been.
  ///
  /// - Parameters:
  ///   - master: the f32 master weights, `[n]`; read and written.
  ///   - gradient: `[n]`, in f32, bf16 or f16.
  ///   - gradientMultiplier: multiplies the gradient as it is read.
  ///   - lowPrecisionCopy: receives the new master weights, `[n]`.
  /// - Throws: `OptimizerError`, `TorchError`; see `beginStep` and `update`.
  public func step(
    master: Tensor, gradient: Tensor, gradientMultiplier: Double = 1, lowPrecisionCopy: Tensor? = nil
  ) throws {
    if state == nil {
      try allocateState(elementCount: master.elementCount, device: master.device, dtype: .float32)
    }
    try beginStep()
    try update(
      FlatUpdate(
        master: master, gradient: gradient, gradientMultiplier: gradientMultiplier,
        lowPrecisionCopy: lowPrecisionCopy))
  }
}
