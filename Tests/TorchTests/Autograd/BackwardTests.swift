import Testing
import Torch

@Suite struct BackwardTests {
  private func leaf(_ values: [Float]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  @Test func `the gradient of a product is the other factor`() throws {
    let x = try leaf([1, 2, 3])
    let y = try leaf([4, 5, 6])
    try (x * y).sum().backward()
    #expect(try x.gradient?.array(of: Float.self) == [4, 5, 6])
    #expect(try y.gradient?.array(of: Float.self) == [1, 2, 3])
  }

  @Test func `gradients of a matrix product follow the formulas`() throws {
    let generator = try Generator(seed: 1)
    let a = try Tensor.randn([3, 4], generator: generator, dtype: .float64)
    let b = try Tensor.randn([4, 2], generator: generator, dtype: .float64)
    let upstream = try Tensor.randn([3, 2], generator: generator, dtype: .float64)
    try a.setRequiresGradient(true)
    try b.setRequiresGradient(true)
    try a.matmul(b).backward(gradient: upstream)
    try withoutGradients {
      let forA = try upstream.matmul(b.transpose(0, 1))
      let forB = try a.transpose(0, 1).matmul(upstream)
      #expect(try (#require(a.gradient) - forA).abs().max().item() < 1e-12)
      #expect(try (#require(b.gradient) - forB).abs().max().item() < 1e-12)
    }
  }

  @Test func `passes add up until the gradient is replaced`() throws {
    let x = try leaf([3])
    for _ in 0..<2 { try (x * x).sum().backward() }
    #expect(try x.gradient?.array(of: Float.self) == [12])
    try x.setGradient(nil)
    #expect(x.gradient == nil)
    try x.setGradient(Tensor([Float(100)]))
    try (x * x).sum().backward()
    #expect(try x.gradient?.array(of: Float.self) == [106])
  }

  @Test func `a second pass needs the graph retained`() throws {
    let x = try leaf([2])
    let y = try (x * x * x).sum()
    try y.backward(retainGraph: true)
    try y.backward()
    #expect(try x.gradient?.array(of: Float.self) == [24])
    #expect(throws: TorchError.self) { try y.backward() }
  }

  @Test func `several roots are one pass`() throws {
    let x = try leaf([2, 3])
    let roots = [try (x * 2).sum(), try x * x]
    try Tensor.backward(roots, gradients: [nil, Tensor([Float(1), 10])])
    #expect(try x.gradient?.array(of: Float.self) == [2 + 4, 2 + 60])
    #expect(throws: TorchError.self) { try Tensor.backward(roots, gradients: [nil]) }
  }

  @Test func `gradients can be had without touching the leaves`() throws {
    let x = try leaf([2])
    let unused = try leaf([1])
    let found = try Tensor.gradients(of: [(x * x).sum()], withRespectTo: [x, unused])
    #expect(try found[0]?.array(of: Float.self) == [4])
    #expect(found[1] == nil)
    #expect(x.gradient == nil)
  }

  @Test func `a gradient must be of its tensor's make`() throws {
    let x = try leaf([1, 2])
    #expect(try #require(throws: TorchError.self) { try x.setGradient(Tensor.ones([3])) }.kind == .shape)
    let double = try Tensor.ones([2], dtype: .float64)
    #expect(try #require(throws: TorchError.self) { try x.setGradient(double) }.kind == .type)
    #expect(throws: TorchError.self) { try x.backward() }
    #expect(throws: TorchError.self) { try Tensor([1, 2]).setRequiresGradient(true) }
    #expect(throws: TorchError.self) { try Tensor.ones([]).backward() }
    #expect(throws: TorchError.self) { try (x * 2).setRequiresGradient(false) }
  }

  @Test func `new data keep the tensor, its gradient and its place in the graph`() throws {
    let x = try leaf([1, 2])
    try x.sum().backward()
    try x.setData(Tensor([Float(5), 6, 7]))
    #expect(try x.array(of: Float.self) == [5, 6, 7])
    #expect(x.requiresGradient && x.isLeaf)
    try x.setGradient(nil)
    try (x * x).sum().backward()
    #expect(try x.gradient?.array(of: Float.self) == [10, 12, 14])
    try x.setData(Tensor([Float(1)]).to(.bfloat16))
    #expect(x.dtype == .bfloat16)
  }

  @Test func `modes decide what is recorded, and end with their scope`() throws {
    let x = try leaf([1])
    struct Stop: Error {}
    #expect(try withoutGradients { try x * 2 }.requiresGradient == false)
    #expect(try withoutGradients { try withGradients { try x * 2 } }.requiresGradient)
    #expect(throws: Stop.self) { try withoutGradients { throw Stop() } }
    #expect(isRecordingGradients)
    let inferred = try withInferenceMode { try x * 2 }
    #expect(!inferred.requiresGradient)
    #expect(throws: TorchError.self) { try (inferred * x).sum().backward() }
    #expect(try (x * 2).requiresGradient)
    #expect(try !(x * 2).isLeaf)
    #expect(try !(x * 2).detached().requiresGradient)
  }
}
