import Testing
import Torch

@Suite struct GeneratorTests {
  @Test func `the same seed gives the same numbers, another seed others`() throws {
    let first = try Tensor.randn([100], generator: Generator(seed: 7)).array(of: Float.self)
    let second = try Tensor.randn([100], generator: Generator(seed: 7)).array(of: Float.self)
    let other = try Tensor.randn([100], generator: Generator(seed: 8)).array(of: Float.self)
    #expect(first == second)
    #expect(first != other)
  }

  @Test func `a state put back repeats what followed it`() throws {
    let generator = try Generator(seed: 3)
    _ = try Tensor.rand([17], generator: generator)
    let state = try generator.state()
    #expect(state.dtype == .uint8)
    let expected = try Tensor.rand([50], generator: generator).array(of: Float.self)
    _ = try Tensor.rand([9], generator: generator)
    try generator.setState(state)
    #expect(try Tensor.rand([50], generator: generator).array(of: Float.self) == expected)
    let elsewhere = try Generator(seed: 0)
    try elsewhere.setState(state)
    #expect(try Tensor.rand([50], generator: elsewhere).array(of: Float.self) == expected)
  }

  @Test func `a seed set anew starts the stream again`() throws {
    let generator = try Generator(seed: 3)
    let expected = try Tensor.rand([5], generator: generator).array(of: Float.self)
    try generator.setSeed(3)
    #expect(try Tensor.rand([5], generator: generator).array(of: Float.self) == expected)
  }

  @Test func `generators do not disturb each other`() throws {
    let alone = try Generator(seed: 1)
    let expected = try (0..<3).map { _ in try Tensor.rand([4], generator: alone).array(of: Float.self) }
    let left = try Generator(seed: 1)
    let right = try Generator(seed: 2)
    let mixed = try (0..<3).map { _ in
      _ = try Tensor.rand([11], generator: right)
      return try Tensor.rand([4], generator: left).array(of: Float.self)
    }
    #expect(mixed == expected)
  }

  @Test func `distributions have their ranges and moments`() throws {
    let generator = try Generator(seed: 5)
    let normal = try Tensor.randn([20_000], generator: generator).array(of: Double.self)
    let mean = normal.reduce(0, +) / 20_000
    let variance = normal.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
    // Four standard errors of the mean and of the variance of 20,000 numbers.
    #expect(abs(mean) < 0.0283)
    #expect(abs(variance - 1) < 0.04)
    let uniform = try Tensor.rand([1000], generator: generator).array(of: Float.self)
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    let integers = try Tensor.randint(low: -2, high: 3, shape: [1000], generator: generator)
    #expect(Set(try integers.array(of: Int.self)) == [-2, -1, 0, 1, 2])
    #expect(try Tensor.randperm(50, generator: generator).array(of: Int.self).sorted() == Array(0..<50))
  }

  @Test func `bytes that are no state are refused`() throws {
    let generator = try Generator(seed: 1)
    #expect(throws: TorchError.self) { try generator.setState(Tensor.zeros([3], dtype: .uint8)) }
    #expect(throws: TorchError.self) { try generator.setState(Tensor.zeros([5056])) }
    #expect(throws: TorchError.self) { try Generator(seed: 1, device: .meta) }
  }
}
