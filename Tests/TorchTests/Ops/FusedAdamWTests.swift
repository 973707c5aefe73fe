import Testing
import Torch

struct FusedAdamWTests {
  @Test func `the first step is the learning rate in the direction of the sign`() throws {
    let weights = try Tensor([Float]([1, 1]))
    let moments = (try Tensor.zeros([2]), try Tensor.zeros([2]))
    try weights.fusedAdamWInPlace(
      gradient: try Tensor([Float]([2, -3])), firstMoment: moments.0, secondMoment: moments.1,
      step: try Tensor([Float](arrayLiteral: 1), shape: []), learningRate: 0.1, beta1: 0.9, beta2: 0.999,
      weightDecay: 0, epsilon: 1e-8)
    let moved = try weights.array(of: Float.self)
    #expect(abs(moved[0] - 0.9) < 1e-5 && abs(moved[1] - 1.1) < 1e-5)
  }
}
