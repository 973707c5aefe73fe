import Testing

@testable import ZeRO

@Suite struct ModelStateFormulaTests {
  /// Figure 1 of arXiv 1910.02054: 7.5 billion parameters, 64 ranks, Adam in mixed precision: 120 GB, 31.4 GB,
  /// 16.6 GB for stages 0, 1, 2.
  @Test(arguments: [(0, 120.0), (1, 31.4), (2, 16.6)])
  func `gives the figures of the ZeRO paper`(stage: Int, gigabytes: Double) {
    let formula = ModelStateFormula(
      elementCount: 7_500_000_000, parameterByteCount: 2, gradientByteCount: 2, momentCount: 2, stage: stage,
      rankCount: 64)
    #expect(abs(Double(formula.bytes.total) / 1e9 - gigabytes) < 0.05)
  }

  @Test func `an f32 parameter is its own master`() {
    let formula = ModelStateFormula(
      elementCount: 100, parameterByteCount: 4, gradientByteCount: 4, momentCount: 2, stage: 0, rankCount: 1)
    #expect(formula.bytes == .init(parameters: 400, gradients: 400, optimizerStates: 800))
    #expect(formula.sentBytesPerStep == 0)
  }

  @Test func `frozen parameters have no states, and every stage sends twice the model`() {
    let formula = ModelStateFormula(
      elementCount: 1000, frozenElementCount: 50, parameterByteCount: 2, gradientByteCount: 2, momentCount: 2,
      stage: 2, rankCount: 4)
    #expect(formula.bytes == .init(parameters: 2100, gradients: 500, optimizerStates: 3000))
    #expect(formula.sentBytesPerStep == 3000)
  }
}
