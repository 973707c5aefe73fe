import Testing

@testable import Inference

@Suite struct SamplerTests {
  static let logits: [Float] = [0.1, 2.0, -1.0, 1.5, 0.3]

  @Test func `greedy picks the most likely token, the first of equals`() throws {
    var sampler = Sampler(options: try SamplingOptions())
    #expect(sampler.next(logits: Self.logits, previous: []) == 1)
    #expect(sampler.next(logits: [1, 3, 3], previous: []) == 1)
  }

  @Test func `frequencies follow the softmax of the logits`() throws {
    var sampler = Sampler(options: try SamplingOptions(temperature: 1, seed: 11))
    var counts = Array(repeating: 0.0, count: 5)
    let rounds = 20_000
    for _ in 0..<rounds { counts[sampler.next(logits: Self.logits, previous: [])] += 1 }
    let weights = Self.logits.map { exponential(Double($0)) }
    let total = weights.reduce(0, +)
    for (count, weight) in zip(counts, weights) {
      // Three standard deviations of a binomial count.
      let probability = weight / total
      let deviation = (Double(rounds) * probability * (1 - probability)).squareRoot()
      #expect(abs(count - Double(rounds) * probability) < 3 * deviation)
    }
  }

  @Test func `top-k and top-p leave only the most likely tokens`() throws {
    var topK = Sampler(options: try SamplingOptions(temperature: 5, topK: 2, seed: 1))
    var topP = Sampler(options: try SamplingOptions(temperature: 1, topP: 0.5, seed: 1))
    for _ in 0..<200 {
      #expect([1, 3].contains(topK.next(logits: Self.logits, previous: [])))
      #expect([1, 3].contains(topP.next(logits: Self.logits, previous: [])))
    }
  }

  @Test func `the same seed gives the same tokens, another seed others`() throws {
    func tokens(_ seed: UInt64) throws -> [Int] {
      var sampler = Sampler(options: try SamplingOptions(temperature: 1, seed: seed))
      return (0..<50).map { _ in sampler.next(logits: Self.logits, previous: []) }
    }
    #expect(try tokens(3) == tokens(3))
    #expect(try tokens(3) != tokens(4))
  }

  @Test func `the repetition penalty moves a greedy choice away from what was said`() throws {
    var sampler = Sampler(options: try SamplingOptions(repetitionPenalty: 2))
    #expect(sampler.next(logits: Self.logits, previous: [1]) == 3)
  }

  @Test(arguments: [(-1.0, 1.0, 0, 1.0), (1, 0, 0, 1), (1, 1.1, 0, 1), (1, 1, -1, 1), (1, 1, 0, 0), (.nan, 1, 0, 1)])
  func `values outside their range are refused`(
    temperature: Double, topP: Double, topK: Int, penalty: Double
  ) {
    #expect(throws: SamplingError.self) {
      try SamplingOptions(temperature: temperature, topP: topP, topK: topK, repetitionPenalty: penalty)
    }
  }
}
