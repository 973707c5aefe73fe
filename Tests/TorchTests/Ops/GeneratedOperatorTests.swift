import TestSupport
import Testing
import Torch

/// One operator of every kind of signature that the generator knows, against numbers worked out by hand.
struct GeneratedOperatorTests {
  private func vector(_ values: [Float]) throws -> Tensor { try Tensor(values) }

  @Test func `a whole number keeps the type of whole numbers, a fraction does not`() throws {
    let whole = try Tensor([1, 2, 3])
    #expect(try whole.add(1).dtype == .int64)
    #expect(try whole.add(1.5).array(of: Float.self) == [2.5, 3.5, 4.5])
    #expect(try whole.mul(true).dtype == .int64)
    #expect(try whole.eq(2).array(of: Bool.self) == [false, true, false])
  }

  @Test func `optional scalars, tensors and lists may be left out`() throws {
    let x = try vector([-2, 0.5, 3])
    #expect(try x.clamp(min: 0).array(of: Float.self) == [0, 0.5, 3])
    #expect(try x.clamp(max: 1).array(of: Float.self) == [-2, 0.5, 1])
    let weight = try Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(try x.linear(weight: weight).array(of: Float.self) == [8, 12.5])
    #expect(try x.linear(weight: weight, bias: try vector([1, -1])).array(of: Float.self) == [9, 11.5])
    #expect(try weight.linalgVectorNorm(ord: 1).item() == 21)
    #expect(try weight.linalgVectorNorm(ord: 1, dim: 0).array(of: Float.self) == [5, 7, 9])
  }

  @Test func `one dimension, several and none select what is reduced`() throws {
    let x = try Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(try x.sum().item() == 21)
    #expect(try x.sum(dim: 0).array(of: Float.self) == [5, 7, 9])
    #expect(try x.sum(dim: [0, 1]).item() == 21)
    #expect(try x.sum(dim: -1, keepdim: true).shape == [2, 1])
    #expect(try x.mean(dim: 1, dtype: .float64).dtype == .float64)
    #expect(try x.amax(dim: [1]).array(of: Float.self) == [3, 6])
  }

  @Test func `several results come as a tuple with their names`() throws {
    let (values, indices) = try vector([3, 1, 2]).sort()
    #expect(try values.array(of: Float.self) == [1, 2, 3])
    #expect(try indices.array(of: Int.self) == [1, 2, 0])
    let top = try vector([3, 1, 2]).topk(2)
    #expect(try top.values.array(of: Float.self) == [3, 2])
  }

  @Test func `lists go in and come out`() throws {
    let joined = try Tensor.cat([try vector([1, 2]), try vector([3])])
    #expect(try joined.array(of: Float.self) == [1, 2, 3])
    #expect(try Tensor.stack([joined, joined], dim: 1).shape == [3, 2])
    #expect(try joined.splitWithSizes([1, 2]).map { try $0.array(of: Float.self) } == [[1], [2, 3]])
    #expect(try Tensor.einsum("i,i->", [joined, joined]).item() == 14)
    #expect(throws: TorchError.self) { try Tensor.cat([]) }
  }

  @Test func `a list with gaps indexes some dimensions`() throws {
    let x = try Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(try x.index(indices: [nil, try Tensor([2, 0])]).array(of: Float.self) == [3, 1, 6, 4])
    try x.indexPutInPlace(indices: [try Tensor([0]), try Tensor([1])], values: try Tensor([Float(9)]))
    #expect(try x.array(of: Float.self) == [1, 9, 3, 4, 5, 6])
  }

  @Test func `in-place operators change the tensor and return it`() throws {
    let x = try vector([1, 2])
    let same = try x.addInPlace(1).mulInPlace(2)
    #expect(same === x)
    #expect(try x.array(of: Float.self) == [4, 6])
    try Tensor.foreachMulInPlace([x, x], scalar: 2)
    #expect(try x.array(of: Float.self) == [16, 24])
    let found = try vector([0])
    try Tensor.ampForeachNonFiniteCheckAndUnscaleInPlace([x], foundInf: found, invScale: try vector([0.5]))
    #expect(try x.array(of: Float.self) == [8, 12])
    #expect(try found.item() == 0)
  }

  @Test func `text, truth values and a reduction are passed on`() throws {
    let x = try vector([1])
    expectClose(try x.gelu(approximate: "tanh").item(), 0.841192, Tolerance(relative: 0, absolute: 1e-6))
    expectClose(try x.gelu().item(), 0.8413447, Tolerance(relative: 0, absolute: 1e-6))
    #expect(try x.equal(x))
    let target = try vector([3])
    #expect(try x.mseLoss(target).item() == 4)
    #expect(try x.mseLoss(target, reduction: .none).shape == [1])
    #expect(throws: TorchError.self) { try x.div(2, roundingMode: "sideways") }
  }

  @Test func `a condition chooses between tensors and numbers`() throws {
    let condition = try Tensor([true, false])
    #expect(try condition.where(try vector([1, 2]), try vector([3, 4])).array(of: Float.self) == [1, 4])
    #expect(try condition.where(try vector([1, 2]), -1).array(of: Float.self) == [1, -1])
  }

  @Test func `operators with many tensors keep their order`() throws {
    let generator = try Generator(seed: 1)
    func random(_ shape: [Int]) throws -> Tensor { try Tensor.randn(shape, generator: generator) }
    let (query, key, value) = (
      try random([1, 2, 4, 8]), try random([1, 2, 4, 8]), try random([1, 2, 4, 8])
    )
    let forward = try query.flashAttentionForCPU(key: key, value: value, isCausal: true)
    let plain = try query.scaledDotProductAttention(key: key, value: value, isCausal: true)
    try expectClose(forward.output, plain, .rounding(of: .float32, reductionLength: 8))
    let gradient = try Tensor.ones([1, 2, 4, 8])
    let backward = try gradient.flashAttentionForCPUBackward(
      query: query, key: key, value: value, out: forward.output, logsumexp: forward.logsumexp, isCausal: true)
    // The values' gradient is the sum of each position's weights, which over all positions is one a query.
    expectClose(
      try backward.gradValue.sum().item(), 64, Tolerance(relative: 1e-5, absolute: 0))
    #expect(backward.gradQuery.shape == [1, 2, 4, 8])
  }

  @Test func `the same generator state draws the same numbers, and dropout keeps the mean`() throws {
    let first = try Tensor.ones([1000]).dropout(probability: 0.25, generator: try Generator(seed: 7))
    let again = try Tensor.ones([1000]).dropout(probability: 0.25, generator: try Generator(seed: 7))
    #expect(try first.equal(again))
    #expect(try Set(first.array(of: Float.self)) == [0, Float(1) / Float(0.75)])
    expectClose(try first.mean().item(), 1, Tolerance(relative: 0, absolute: 0.1))
    let x = try Tensor.empty([4])
    try x.normalInPlace(std: 0, generator: try Generator(seed: 1))
    #expect(try x.array(of: Float.self) == [0, 0, 0, 0])
  }

  @Test func `a rejected call names the operator and the shapes`() throws {
    let error = try #require(throws: TorchError.self) {
      try Tensor.ones([2, 3]).mm(try Tensor.ones([2, 3]))
    }
    #expect(error.op == "mm")
    #expect(error.shapes == [[2, 3], [2, 3]])
  }
}
