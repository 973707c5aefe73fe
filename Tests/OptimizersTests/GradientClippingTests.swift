import Testing

@testable import Optimizers

struct GradientClippingTests {
  @Test func `the norm joins the parts and takes the loss scale out`() {
    #expect(GradientClipping.globalNorm(sumsOfSquares: [9 * 64, 16 * 64], lossScale: 8) == 5)
    #expect(GradientClipping.globalNorm(sumsOfSquares: []) == 0)
  }

  @Test func `a norm above the maximum is brought down to it, within the guard of 1e-6`() {
    let multiplier = GradientClipping(maximumNorm: 2).multiplier(norm: 10, lossScale: 4)
    let factor: Double = (10 + 1e-6) / 2
    #expect(multiplier == 1 / (4 * factor))
    let clippedNorm: Double = multiplier * 40
    #expect(abs(clippedNorm - 2) < 1e-6)
  }

  @Test func `a small norm only loses the loss scale`() {
    #expect(GradientClipping(maximumNorm: 2).multiplier(norm: 1, lossScale: 4) == 0.25)
  }

  @Test func `zero switches clipping off`() {
    #expect(GradientClipping(maximumNorm: 0).multiplier(norm: 1e9, lossScale: 2) == 0.5)
  }

  @Test func `the default is DeepSpeed's`() {
    #expect(GradientClipping().maximumNorm == 1)
  }
}
