import Layers
import Testing
import Torch

/// Against the formula written out in float64.
@Suite struct AttentionProductTests {
  private func reference(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ pattern: AttentionPattern) throws -> Tensor
  {
    let (queries, keys) = (q.size(2), k.size(2))
    let group = q.size(1) / k.size(1)
    let key = try k.to(.float64).repeatInterleave(group, dim: 1)
    let value = try v.to(.float64).repeatInterleave(group, dim: 1)
    let scale = pattern.scale ?? 1 / Double(q.size(3)).squareRoot()
    let scores = try q.to(.float64).matmul(key.transpose(-2, -1)).mul(scale)
    var visible: [Bool] = []
    for query in 0..<queries {
      let place = keys - queries + query
      visible += (0..<keys).map { $0 <= place && $0 > place - (pattern.window ?? .max / 2) }
    }
    let hidden = try Tensor(visible, shape: [queries, keys]).logicalNot()
    return try scores.maskedFill(hidden, value: -Double.infinity).softmax(dim: -1).matmul(value)
  }

  static let patterns = [
    AttentionPattern(), AttentionPattern(scale: 0.1), AttentionPattern(window: 3),
    AttentionPattern(window: 1),
    AttentionPattern(window: 100), AttentionPattern(window: 200),
  ]

  @Test(
    "equals the formula with grouped queries, windows and earlier keys", arguments: patterns,
    [(7, 7), (1, 7), (3, 7), (1, 1), (300, 300), (150, 280)])
  func formula(pattern: AttentionPattern, lengths: (Int, Int)) throws {
    let q = try randomLeaf([2, 4, lengths.0, 8], seed: 1)
    let k = try randomLeaf([2, 2, lengths.1, 8], seed: 2)
    let v = try randomLeaf([2, 2, lengths.1, 8], seed: 3)
    let found = try AttentionProduct.apply(query: q, key: k, value: v, pattern: pattern)
    let expected = try reference(q, k, v, pattern)
    #expect(try largestDifference(found, expected) < 1e-5)
    let weights = try randomLeaf(found.shape, seed: 4, isTrainable: false)
    let gradients = try Tensor.gradients(of: [found.mul(weights).sum()], withRespectTo: [q, k, v])
    let right = try Tensor.gradients(of: [expected.mul(weights).sum()], withRespectTo: [q, k, v])
    for (left, right) in zip(gradients, right) {
      #expect(try largestDifference(#require(left), #require(right)) < 1e-4)
    }
  }

  @Test("dropped weights leave the mean in place and repeat with the generator")
  func dropout() throws {
    let q = try Tensor.zeros([1, 1, 1000, 8])
    let v = try Tensor.ones([1, 1, 1000, 8])
    let pattern = AttentionPattern(dropout: 0.25)
    let first = try AttentionProduct.apply(
      query: q, key: q, value: v, pattern: pattern, generator: Generator(seed: 1))
    let again = try AttentionProduct.apply(
      query: q, key: q, value: v, pattern: pattern, generator: Generator(seed: 1))
    #expect(try largestDifference(first, again) == 0)
    #expect(abs(try first.mean().item() - 1) < 0.02)
    #expect(try first.sub(1.0).abs().max().item() > 0.1)
  }
}
