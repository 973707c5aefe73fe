import Layers
import Testing
import Torch

private final class Block: Module {
  @Child var first: Linear
  @Child var second: Linear?
  @Buffer var counter: Tensor
  let width: Int
  let names = ["a": [1, 2]]

  init(width: Int, hasSecond: Bool) {
    _first = Child("first_proj", Linear(inputSize: width, outputSize: width))
    _second = Child(
      "second_proj", hasSecond ? Linear(inputSize: width, outputSize: width, hasBias: false) : nil)
    _counter = Buffer("counter", shape: [2], dtype: .int64, initialValue: 7)
    self.width = width
    super.init()
  }

  func callAsFunction(_ input: Tensor) throws -> Tensor {
    try observed(input) { input in
      let middle = try first(input)
      return try second?(middle) ?? middle
    }
  }
}

private final class Tree: Module {
  @Child var table: Embedding
  @Child var blocks: [Block]
  @Child var head: Linear

  override init() {
    let table = Embedding(count: 5, width: 4)
    _table = Child("table", table)
    _blocks = Child("blocks", [Block(width: 4, hasSecond: false), Block(width: 4, hasSecond: true)])
    _head = Child("head", Linear(sharing: table.$weight))
    super.init()
  }

  func callAsFunction(_ input: Tensor) throws -> Tensor {
    try observed(input) { input in try head(blocks.reduce(table(input)) { try $1($0) }) }
  }
}

private final class Recorder: ModuleObserver {
  var events: [String] = []
  let name: String
  init(name: String) { self.name = name }

  func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? {
    events.append("\(name) > \(path)")
    return nil
  }

  func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]? {
    events.append("\(name) < \(path)")
    return nil
  }
}

@Suite struct ModuleTests {
  static let paths = [
    "table.weight", "blocks.0.first_proj.weight", "blocks.0.first_proj.bias", "blocks.1.first_proj.weight",
    "blocks.1.first_proj.bias", "blocks.1.second_proj.weight",
  ]

  @Test("parameters come once, in definition order, a tied one at its first path")
  func parameters() throws {
    let tree = Tree()
    #expect(try tree.namedParameters().map(\.path.description) == Self.paths)
    #expect(try tree.aliases() == ["head.weight": "table.weight"])
    #expect(try tree.parameter(at: "head.weight") === tree.table.$weight)
    #expect(try tree.parameterCount() == 20 + 20 + 20 + 16)
    #expect(try tree.namedBuffers().map(\.path) == ["blocks.0.counter", "blocks.1.counter"])
    #expect(
      try tree.namedModules().map(\.path.description) == [
        "", "table", "blocks.0", "blocks.0.first_proj", "blocks.1", "blocks.1.first_proj",
        "blocks.1.second_proj", "head",
      ])
  }

  @Test("an unknown path names the nearest")
  func unknownPath() throws {
    let tree = Tree()
    #expect(throws: ModuleError.unknownPath("table.weigth", nearest: "table.weight")) {
      try tree.parameter(at: "table.weigth")
    }
    #expect(throws: ModuleError.unknownPath("block.0", nearest: "blocks.0")) {
      try tree.module(at: "block.0")
    }
  }

  @Test("a tied weight gathers the gradients of both uses")
  func tiedGradient() throws {
    let tree = Tree()
    try tree.materialize(with: SeededInitializer(seed: 1))
    let tokens = try Tensor([1, 3])
    let hidden = try tree.blocks.reduce(tree.table(tokens)) { try $1($0) }.detached()
    try tree(tokens).sum().backward()
    let whole = try #require(tree.table.$weight.gradient)
    // The head's share is the same row for every token of the table; the embedding's share is only in rows 1
    // and 3.
    let headShare = try hidden.sum(dim: 0)
    #expect(try largestDifference(whole.select(dim: 0, index: 0), headShare) < 1e-6)
    #expect(try largestDifference(whole.select(dim: 0, index: 1), headShare) > 1e-3)
  }

  @Test("frozen parameters get no gradient, the others do")
  func freezing() throws {
    let tree = Tree()
    try tree.materialize(with: SeededInitializer(seed: 1))
    #expect(try tree.freeze(matching: "blocks.?.first_proj.*") == 4)
    try tree(Tensor([1, 2])).sum().backward()
    for (path, parameter) in try tree.namedParameters() {
      #expect((parameter.gradient == nil) == path.matches("*first_proj*"), "\(path)")
    }
    #expect(try tree.unfreeze(matching: "*.bias") == 2)
    #expect(try tree.parameter(at: "blocks.0.first_proj.bias").tensor.requiresGradient)
    #expect(throws: ModuleError.unmatchedPattern("table.wait", nearest: "table.weight")) {
      try tree.freeze(matching: "table.wait")
    }
  }

  @Test("freezing before the parameters have values holds afterwards")
  func earlyFreezing() throws {
    let tree = Tree()
    try tree.freeze(matching: "*")
    try tree.materialize(with: SeededInitializer(seed: 1))
    #expect(try tree.namedParameters().allSatisfy { !$0.parameter.tensor.requiresGradient })
  }

  @Test("training and generator reach every module")
  func modes() throws {
    let tree = Tree()
    let generator = try Generator(seed: 1)
    try tree.setTraining(false)
    try tree.setGenerator(generator)
    for (_, module) in try tree.namedModules() {
      #expect(!module.isTraining)
      #expect(module.generator === generator)
    }
  }

  @Test("observers nest, see every call and stop when detached")
  func observers() throws {
    let tree = Tree()
    try tree.materialize(with: SeededInitializer(seed: 1))
    let (outer, inner) = (Recorder(name: "a"), Recorder(name: "b"))
    try tree.attach(outer)
    _ = try tree(Tensor([1]))
    #expect(
      outer.events == [
        "a > ", "a > table", "a < table", "a > blocks.0", "a > blocks.0.first_proj",
        "a < blocks.0.first_proj",
        "a < blocks.0", "a > blocks.1", "a > blocks.1.first_proj", "a < blocks.1.first_proj",
        "a > blocks.1.second_proj",
        "a < blocks.1.second_proj", "a < blocks.1", "a > head", "a < head", "a < ",
      ])
    try tree.detach(outer)
    outer.events = []
    _ = try tree(Tensor([1]))
    #expect(outer.events.isEmpty)
    try tree.blocks[0].attach(inner)
    _ = try tree(Tensor([1]))
    #expect(inner.events == ["b > ", "b > first_proj", "b < first_proj", "b < "])
  }

  @Test("an observer may exchange what goes in and comes out")
  func exchange() throws {
    final class Doubler: ModuleObserver {
      func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? {
        try inputs.map { try $0 * 2 }
      }
      func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]? {
        try outputs.map { try $0 * 3 }
      }
    }
    let layer = Linear(inputSize: 2, outputSize: 2, hasBias: false)
    try layer.materialize(with: SeededInitializer(seed: 1))
    let input = try Tensor([1.0, 2.0] as [Float], shape: [1, 2])
    let plain = try layer(input)
    let doubler = Doubler()
    try layer.attach(doubler)
    #expect(try largestDifference(layer(input), plain * 6) < 1e-6)
  }

  @Test("an error of an observer ends the call")
  func observerError() throws {
    struct Stop: Error {}
    final class Stopper: ModuleObserver {
      func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? {
        throw Stop()
      }
    }
    let tree = Tree()
    try tree.materialize(with: SeededInitializer(seed: 1))
    let stopper = Stopper()
    try tree.attach(stopper)
    #expect(throws: Stop.self) { try tree(Tensor([1])) }
  }

  @Test("a module can be replaced by one of the declared type, and paths follow")
  func replacement() throws {
    final class Marked: Linear {
      @Parameter var mark: Tensor
      init() {
        _mark = Parameter("mark", shape: [1], .zeros)
        super.init(inputSize: 4, outputSize: 4, hasBias: false)
      }
    }
    let tree = Tree()
    _ = try tree.namedParameters()
    let marked = Marked()
    try tree.replaceModule(at: "blocks.1.second_proj", with: marked)
    #expect(tree.blocks[1].second === marked)
    #expect(
      try tree.namedParameters().map(\.path.description).suffix(2) == [
        "blocks.1.second_proj.weight", "blocks.1.second_proj.mark",
      ])
    #expect(throws: ModuleError.unfittingModule(path: "table", type: "Marked")) {
      try tree.replaceModule(at: "table", with: marked)
    }
  }
}
