import Testing
import Torch

@testable import Optimizers

struct GradientSquaresTests {
  @Test(arguments: [DType.float32, .bfloat16, .float16])
  func `the sum is that of the elements' squares`(dtype: DType) throws {
    let values = (0..<50_000).map { Float($0 % 100 - 50) }
    let found = try GradientSquares(of: try Tensor(values).to(dtype))
    #expect(found.sum == values.reduce(0) { $0 + Double($1) * Double($1) })
    #expect(found.firstNonFinite == nil)
  }

  @Test func `the first element that is not finite is found`() throws {
    var values = [Float](repeating: 1, count: 40_000)
    values[33_333] = .infinity
    values[39_000] = .nan
    #expect(try GradientSquares(of: try Tensor(values, shape: [400, 100])).firstNonFinite == 33_333)
  }

  @Test func `the number of threads does not change a bit`() throws {
    let tensor = try Tensor((0..<300_000).map { Float($0 % 977) * 1.1e-3 })
    let before = Torch.threadCount
    try Torch.setThreadCount(1)
    let single = try GradientSquares(of: tensor).sum
    try Torch.setThreadCount(2)
    let double = try GradientSquares(of: tensor).sum
    try Torch.setThreadCount(before)
    #expect(single.bitPattern == double.bitPattern)
  }

  @Test func `an integer tensor is an error`() throws {
    let tensor = try Tensor.zeros([4], dtype: .int64)
    #expect(throws: OptimizerError.self) { try GradientSquares(of: tensor) }
  }
}
