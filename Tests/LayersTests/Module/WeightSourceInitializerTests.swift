import Layers
import Testing
import Torch

@Suite struct WeightSourceInitializerTests {
  private func layer() -> Linear { Linear(inputSize: 3, outputSize: 2) }

  private func state(_ tensors: [(String, Tensor)]) -> StateDict {
    var state = StateDict()
    for (name, tensor) in tensors { state[name] = tensor }
    return state
  }

  private func weight() throws -> Tensor { try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]) }

  @Test("values come by name, in the wanted dtype, as copies")
  func reading() throws {
    let stored = try weight()
    let source = StateDictSource(state([("weight", stored), ("bias", try Tensor.ones([2]))]))
    let (wide, narrow) = (layer(), layer())
    try wide.materialize(with: WeightSourceInitializer(source))
    try narrow.materialize(with: WeightSourceInitializer(source, dtype: .bfloat16))
    #expect(narrow.weight.dtype == .bfloat16)
    #expect(try largestDifference(narrow.weight, stored) == 0)
    try withoutGradients { _ = try wide.weight.fillInPlace(0.0) }
    #expect(try stored.sum().item() == 21)
  }

  @Test("read-only use may share the source's memory")
  func sharing() throws {
    let stored = try weight()
    let source = StateDictSource(state([("weight", stored), ("bias", try Tensor.ones([2]))]))
    let shared = layer()
    try shared.materialize(with: WeightSourceInitializer(source, sharesFilePages: true))
    #expect(shared.weight.sharesStorage(with: stored))
  }

  @Test("transposed and interleaved storage is undone, and done again when written")
  func transforms() throws {
    let shared = layer()
    let map = WeightMap(rules: ["weight": WeightMap.Rule(["w", "kernel"], .transposed)])
    let source = StateDictSource(
      state([("kernel", try weight().t().contiguous()), ("bias", try Tensor.ones([2]))]))
    try shared.materialize(with: WeightSourceInitializer(source, map: map))
    #expect(try largestDifference(shared.weight, weight()) == 0)
    #expect(try StateDict(of: shared, map: map)["w"]?.shape == [3, 2])
    let rows = try Tensor.arange(8).reshape([8, 1])
    let read = try WeightTransform.rotaryInterleaved(headCount: 2).applied(to: rows)
    #expect(try read.array(of: Int.self) == [0, 2, 1, 3, 4, 6, 5, 7])
    let written = try WeightTransform.rotaryInterleaved(headCount: 2).inverted(of: read)
    #expect(try written.array(of: Int.self) == Array(0..<8))
    #expect(throws: ModuleError.self) {
      try WeightTransform.rotaryInterleaved(headCount: 3).applied(to: rows)
    }
  }

  @Test("a missing tensor names the file, the tensor and the nearest name")
  func missing() throws {
    let source = StateDictSource(
      state([("wieght", try weight()), ("bias", try Tensor.ones([2]))]), location: "f")
    let error = WeightError.missing(name: "weight", location: "f", nearest: "wieght", missingCount: 1)
    #expect(throws: error) { try layer().materialize(with: WeightSourceInitializer(source)) }
    #expect(throws: error) { try WeightSourceInitializer(source).check(layer()) }
    let filled = layer()
    let initializer = WeightSourceInitializer(
      source, map: WeightMap(ignoredNames: ["wie*"]), missing: .filled(SeededInitializer(seed: 1)))
    try filled.materialize(with: initializer)
    #expect(try filled.weight.detached().abs().max().item() > 0)
  }

  @Test("a left-over tensor is refused unless it is known to be of no use")
  func unexpected() throws {
    let tensors = [("weight", try weight()), ("bias", try Tensor.ones([2])), ("biass", try Tensor.ones([2]))]
    let source = StateDictSource(state(tensors), location: "f")
    let error = WeightError.unexpected(names: ["biass"], location: "f", nearestParameter: "bias")
    #expect(throws: error) { try layer().materialize(with: WeightSourceInitializer(source)) }
    try layer().materialize(with: WeightSourceInitializer(source, map: WeightMap(ignoredNames: ["bias?"])))
  }

  @Test("a tensor of another shape or kind names both")
  func wrongTensors() throws {
    let turned = StateDictSource(
      state([("weight", try weight().t()), ("bias", try Tensor.ones([2]))]), location: "f")
    #expect(throws: WeightError.wrongShape(name: "weight", file: "f", expected: [2, 3], found: [3, 2])) {
      try layer().materialize(with: WeightSourceInitializer(turned))
    }
    let whole = StateDictSource(
      state([("weight", try weight().to(.int64)), ("bias", try Tensor.ones([2]))]), location: "f")
    #expect(throws: WeightError.wrongDType(name: "weight", file: "f", found: "int64")) {
      try layer().materialize(with: WeightSourceInitializer(whole))
    }
  }

  @Test("a state dictionary keeps its order while entries change")
  func stateDict() throws {
    var dictionary = state([("a", try weight()), ("b", try weight()), ("c", try weight())])
    dictionary["b"] = nil
    dictionary["a"] = try Tensor.ones([1])
    dictionary["d"] = try weight()
    #expect(dictionary.names == ["a", "c", "d"])
    #expect(dictionary["a"]?.shape == [1])
    #expect(dictionary["b"] == nil)
    #expect(dictionary.count == 3)
  }
}
