import TestSupport
import Testing
import Torch

@testable import Layers

@Suite struct TiledLinearTests {
  /// The same weights, whole and in tiles: outputs and gradients agree to a few roundings of f32.
  @Test(arguments: [(1, 1), (3, 1), (1, 4), (3, 4), (7, 5)], [true, false])
  func `tiles compute what the whole layer computes`(splits: (Int, Int), hasBias: Bool) throws {
    let whole = Linear(inputSize: 17, outputSize: 11, hasBias: hasBias)
    try whole.materialize(with: SeededInitializer(seed: 4))
    let tiled = TiledLinear(
      inputSize: 17, outputSize: 11, inputSplits: splits.0, outputSplits: splits.1, hasBias: hasBias)
    try tiled.materialize(with: SeededInitializer(seed: 5))
    #expect(try tiled.parameterCount() == whole.parameterCount())
    try tiled.copyValues(of: whole)
    let input = try Tensor.randn([3, 2, 17], generator: Generator(seed: 6))
    var gradients: [[Float]] = []
    var outputs: [[Float]] = []
    for layer in [whole, tiled] as [Layer] {
      let own = try input.detached().clone()
      try own.setRequiresGradient(true)
      let output = try layer(own)
      #expect(output.shape == [3, 2, 11])
      outputs.append(try output.array(of: Float.self))
      try output.square().sum().backward()
      gradients.append(try #require(own.gradient).array(of: Float.self))
    }
    expectClose(outputs[1], outputs[0], Tolerance(relative: 1e-5, absolute: 1e-5))
    expectClose(gradients[1], gradients[0], Tolerance(relative: 1e-4, absolute: 1e-4))
  }

  @Test func `a layer of other sizes or another bias is refused`() throws {
    let tiled = TiledLinear(inputSize: 4, outputSize: 4, inputSplits: 2)
    try tiled.materialize(with: SeededInitializer(seed: 1))
    for other in [Linear(inputSize: 5, outputSize: 4), Linear(inputSize: 4, outputSize: 4, hasBias: false)] {
      try other.materialize(with: SeededInitializer(seed: 1))
      #expect(throws: ModuleError.self) { try tiled.copyValues(of: other) }
    }
  }
}
