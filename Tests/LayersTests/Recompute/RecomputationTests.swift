import TestSupport
import Testing
import Torch

@testable import Layers

@Suite struct RecomputationTests {
  /// A layer with dropout, once kept and once recomputed: the same bits.
  @Test(arguments: [0.0, 0.3])
  func `gradients and random numbers are those of a run that keeps everything`(probability: Double) throws {
    var outcomes: [[[Float]]] = []
    for recomputes in [false, true] {
      let first = Linear(inputSize: 6, outputSize: 5)
      let second = Linear(inputSize: 5, outputSize: 4)
      let dropout = Dropout(probability: probability)
      let generator = try Generator(seed: 9)
      for module in [first, second] as [Module] { try module.materialize(with: SeededInitializer(seed: 3)) }
      try dropout.setGenerator(generator)
      let input = try Tensor.randn([7, 6], generator: Generator(seed: 1))
      try input.setRequiresGradient(true)
      var calls = 0
      let body: ([Tensor]) throws -> [Tensor] = { inputs in
        calls += 1
        return [try second(dropout(first(inputs[0]).tanh()))]
      }
      let output = try (recomputes ? Recomputation.apply([input], generator: generator, body) : body([input]))[0]
      let after = try dropout(Tensor.ones([8]))
      try output.square().sum().backward()
      #expect(calls == (recomputes ? 2 : 1))
      let gradients = try [input.gradient, first.weight.gradient, second.weight.gradient, first.bias?.gradient].map {
        try #require($0).array(of: Float.self)
      }
      outcomes.append(try [output.array(of: Float.self), after.array(of: Float.self)] + gradients)
    }
    #expect(outcomes[0] == outcomes[1])
  }

  @Test func `without gradients nothing is recorded and nothing is done twice`() throws {
    var calls = 0
    let input = try Tensor.ones([2])
    let results = try Recomputation.apply([input]) { inputs in
      calls += 1
      return [try inputs[0] + inputs[0]]
    }
    #expect(try calls == 1 && results[0].array(of: Float.self) == [2, 2])
  }
}
