/// What ZeRO's formulas say a rank keeps and sends (arXiv 1910.02054, sections 3 and 5, figure 1).
///
/// With P parameter elements and N ranks, in mixed precision a rank keeps 2P bytes of parameters, 2P of
/// gradients and 12P of optimizer states (f32 master, first and second moment); stage 1 divides the states
/// by N, stage 2 also the gradients, stage 3 also the parameters. In f32 the parameter is its own master: 4P, 4P, 8P.
public struct ModelStateFormula: Sendable, Equatable {
  /// Bytes of one rank's model states by kind.
  public struct Bytes: Sendable, Equatable {
    /// The working parameters.
    public var parameters: Int
    /// What backward leaves for the optimizer, in the dtype of accumulation.
    public var gradients: Int
    /// Master weights and the optimizer's moments.
    public var optimizerStates: Int
    /// All of them.
    public var total: Int { parameters + gradients + optimizerStates }

    /// The three kinds, in bytes.
    public init(parameters: Int, gradients: Int, optimizerStates: Int) {
      self.parameters = parameters
      self.gradients = gradients
      self.optimizerStates = optimizerStates
    }
  }

  /// Trainable elements, P.
  public let elementCount: Int
  /// Elements that are kept but not trained.
  public let frozenElementCount: Int
  /// Bytes of one working parameter: 4 in f32, 2 in f16 and bf16.
  public let parameterByteCount: Int
  /// Bytes of one gradient.
  public let gradientByteCount: Int
  /// f32 moments that the optimizer keeps per element: 2 for Adam, 0 or 1 for SGD.
  public let momentCount: Int
  /// The ZeRO stage, 0 to 3.
  public let stage: Int
  /// Ranks, N.
  public let rankCount: Int
  /// Copies of the states among these ranks: 1, but with MiCS, which divides each copy over N / copies ranks.
  public let copyCount: Int

  /// The formula's inputs.
  public init(
    elementCount: Int, frozenElementCount: Int = 0, parameterByteCount: Int, gradientByteCount: Int, momentCount: Int,
    stage: Int, rankCount: Int, copyCount: Int = 1
  ) {
    self.elementCount = elementCount
    self.frozenElementCount = frozenElementCount
    self.parameterByteCount = parameterByteCount
    self.gradientByteCount = gradientByteCount
    self.momentCount = momentCount
    self.stage = stage
    self.rankCount = rankCount
    self.copyCount = copyCount
  }

  /// Ranks that share one copy.
  private var shardCount: Int { rankCount / copyCount }

  /// Bytes that one rank keeps.
  public var bytes: Bytes {
    let masterBytes = parameterByteCount == 4 ? 0 : 4
    let states = elementCount * (masterBytes + 4 * momentCount)
    let gradients = elementCount * gradientByteCount
    return Bytes(
      parameters: (elementCount + frozenElementCount) * parameterByteCount / (stage >= 3 ? shardCount : 1),
      gradients: stage >= 2 ? gradients / shardCount : gradients,
      optimizerStates: stage >= 1 ? states / shardCount : states)
  }

  /// Bytes that one rank sends in an optimizer step of one micro batch: gradients once, parameters (or, at
  /// stage 0, the reduced gradients) once, at stage 3 twice, each times (N - 1) / N (arXiv 1910.02054, section 7).
  /// With c copies it is k = N / c instead of N, and a rank's reduced gradients once more to the other copies, there and
  /// back: 2 (c - 1) / c of one k-th (arXiv 2205.00119, section 3.4).
  public var sentBytesPerStep: Int {
    guard rankCount > 1 else { return 0 }
    let second = stage == 0 ? gradientByteCount : stage == 3 ? 2 * parameterByteCount : parameterByteCount
    let inside = elementCount * (gradientByteCount + second) * (shardCount - 1) / shardCount
    return inside + 2 * elementCount * gradientByteCount * (copyCount - 1) / (copyCount * shardCount)
  }
}
