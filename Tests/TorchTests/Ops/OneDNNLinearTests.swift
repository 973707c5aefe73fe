import Testing
import Torch

@Suite struct OneDNNLinearTests {
  @Test func `equals libtorch's own operator, also on transposed operands`() throws {
    guard Tensor.hasOneDNNLinear else { return }
    let random = try Generator(seed: 5)
    let input = try Tensor.randn([4, 9, 40], generator: random)
    let (weight, bias) = (try Tensor.randn([33, 40], generator: random), try Tensor.randn([33], generator: random))
    func difference(_ found: Tensor, _ expected: Tensor) throws -> Double {
      #expect(found.shape == expected.shape)
      return try found.sub(expected).abs().max().item()
    }
    let expected = try input.linear(weight: weight, bias: bias)
    #expect(try difference(input.oneDNNLinear(weight: weight, bias: bias), expected) < 1e-4)
    let rows = try expected.reshape([36, 33])
    #expect(try difference(rows.oneDNNLinear(weight: weight.t()), rows.mm(weight)) < 1e-3)
    let values = try input.reshape([36, 40])
    #expect(try difference(rows.t().oneDNNLinear(weight: values.t()), rows.t().mm(values)) < 1e-3)
  }

  @Test func `refuses operands that do not fit`() throws {
    guard Tensor.hasOneDNNLinear else { return }
    #expect(throws: TorchError.self) {
      try Tensor.ones([4, 5]).oneDNNLinear(weight: Tensor.ones([3, 6]))
    }
  }
}
