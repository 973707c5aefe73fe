import Layers
import Testing
import Torch

@Suite struct InitializerTests {
  private func values(of path: ParameterPath, in module: Module) throws -> Tensor {
    try module.parameter(at: path).tensor
  }

  private final class Pair: Module {
    @Child var first: Linear
    @Child var second: Linear
    init(isSwapped: Bool) {
      let (a, b) = (Linear(inputSize: 40, outputSize: 30), Linear(inputSize: 40, outputSize: 30))
      _first = Child(isSwapped ? "b" : "a", a)
      _second = Child(isSwapped ? "a" : "b", b)
      super.init()
    }
  }

  @Test("values depend on seed and path, not on order")
  func order() throws {
    let (plain, swapped) = (Pair(isSwapped: false), Pair(isSwapped: true))
    try plain.materialize(with: SeededInitializer(seed: 5))
    try swapped.materialize(with: SeededInitializer(seed: 5))
    #expect(
      try largestDifference(values(of: "a.weight", in: plain), values(of: "a.weight", in: swapped)) == 0)
    #expect(
      try largestDifference(values(of: "a.weight", in: plain), values(of: "b.weight", in: plain)) > 0.01)
  }

  @Test("a narrower dtype only rounds the same values")
  func dtypes() throws {
    let (wide, narrow) = (Pair(isSwapped: false), Pair(isSwapped: false))
    try wide.materialize(with: SeededInitializer(seed: 5))
    try narrow.materialize(with: SeededInitializer(seed: 5, dtype: .bfloat16))
    let rounded = try values(of: "a.weight", in: wide).to(.bfloat16)
    #expect(try largestDifference(rounded, values(of: "a.weight", in: narrow)) == 0)
  }

  @Test("values follow the declared law")
  func laws() throws {
    let normal = Linear(inputSize: 200, outputSize: 200, initialization: .normal(standardDeviation: 0.5))
    let uniform = Linear(inputSize: 100, outputSize: 200)
    for layer in [normal, uniform] { try layer.materialize(with: SeededInitializer(seed: 1)) }
    #expect(abs(try normal.weight.detached().std(dim: nil).item() - 0.5) < 0.01)
    #expect(abs(try normal.weight.detached().mean().item()) < 0.01)
    #expect(try normal.bias?.tensor.detached().abs().max().item() == 0)
    #expect(try uniform.weight.detached().abs().max().item() <= 0.1)
    #expect(try uniform.weight.detached().abs().max().item() > 0.099)
    #expect(abs(try uniform.weight.detached().std(dim: nil).item() - 0.1 / 3.0.squareRoot()) < 0.002)
  }

  @Test("meta parameters have shapes and no memory")
  func meta() throws {
    let layer = Linear(inputSize: 1 << 20, outputSize: 1 << 20)
    try layer.materialize(with: MetaInitializer(dtype: .bfloat16))
    #expect(layer.weight.device == .meta)
    #expect(layer.weight.shape == [1 << 20, 1 << 20])
  }

  @Test("a buffer starts at its declared value and dtype")
  func buffers() throws {
    final class Counting: Module {
      @Buffer var count: Tensor
      override init() {
        _count = Buffer("count", shape: [3], dtype: .int64, initialValue: 4)
        super.init()
      }
    }
    let module = Counting()
    try module.materialize(with: SeededInitializer(seed: 1, dtype: .bfloat16))
    #expect(try module.count.array(of: Int64.self) == [4, 4, 4])
  }

  @Test("a tensor of another shape is refused")
  func wrongShape() throws {
    let parameter = Parameter("weight", shape: [2, 3], .zeros)
    #expect(throws: ModuleError.wrongShape(path: "weight", expected: [2, 3], found: [3, 2])) {
      try parameter.setTensor(Tensor.zeros([3, 2]))
    }
  }
}
