/// What one rank keeps and sends at one ZeRO stage, computed without building anything.
public struct StagePlan: Sendable, Equatable {
  /// The formula's inputs.
  public let formula: ModelStateFormula
  /// Bytes of the largest unit of stage 3 that is whole at one time, with its gradient; 0 at other stages.
  public let gatheredBytes: Int

  /// The plan of one stage for mixed-precision or f32 Adam.
  ///
  /// - Parameters:
  ///   - stage: 0 to 3.
  ///   - rankCount: data-parallel ranks.
  ///   - parameterCount: elements of the model.
  ///   - largestUnit: elements of the largest module, embeddings included.
  ///   - parameterByteCount: 2 in bf16 and f16, 4 in f32.
  public init(stage: Int, rankCount: Int, parameterCount: Int, largestUnit: Int, parameterByteCount: Int = 2) {
    formula = ModelStateFormula(
      elementCount: parameterCount, parameterByteCount: parameterByteCount, gradientByteCount: parameterByteCount,
      momentCount: 2, stage: stage, rankCount: rankCount)
    gatheredBytes = stage == 3 && rankCount > 1 ? 2 * largestUnit * parameterByteCount : 0
  }

  /// Bytes of model states on a rank, with what is gathered at one time.
  public var totalBytes: Int { formula.bytes.total + gatheredBytes }

  /// The most parameters of a model of which a rank keeps no more than `budget` bytes of states; the largest module is
  /// that given at the making.
  public func largestModel(within budget: Int) -> Int {
    let probe = ModelStateFormula(
      elementCount: 1 << 40, parameterByteCount: formula.parameterByteCount,
      gradientByteCount: formula.gradientByteCount, momentCount: formula.momentCount, stage: formula.stage,
      rankCount: formula.rankCount)
    let bytesPerElement = Double(probe.bytes.total) / Double(1 << 40)
    return max(0, Int(Double(budget - gatheredBytes) / bytesPerElement))
  }
}
