import Layers
import Testing
import Torch

/// What the strict walk refuses, so that no tensor is lost from training and checkpoints.
@Suite struct ModuleTableTests {
  protocol Faulty: Module { init() }
  final class BareTensor: Module, Faulty {
    let scale: Tensor
    required override init() {
      scale = try! Tensor.zeros([1])
      super.init()
    }
  }
  final class BareModule: Module, Faulty {
    let layer = Linear(inputSize: 1, outputSize: 1)
    required override init() { super.init() }
  }
  final class HiddenParameters: Module, Faulty {
    let list = [Parameter("a", shape: [1], .zeros)]
    required override init() { super.init() }
  }
  final class HiddenInStruct: Module, Faulty {
    struct Inner { let parts: [String: Linear] }
    let inner = Inner(parts: ["a": Linear(inputSize: 1, outputSize: 1)])
    required override init() { super.init() }
  }
  final class Closure: Module, Faulty {
    let function: (Int) -> Int = { $0 }
    required override init() { super.init() }
  }
  final class ForeignObject: Module, Faulty {
    final class Box {}
    let box = Box()
    required override init() { super.init() }
  }
  final class WrongChild: Module, Faulty {
    @Child var number: Int
    required override init() {
      _number = Child("number", 3)
      super.init()
    }
  }

  @Test(
    "a property that cannot be followed is refused by name",
    arguments: zip(
      ["scale", "layer", "list", "inner", "function", "box", "number"],
      [
        BareTensor.self, BareModule.self, HiddenParameters.self, HiddenInStruct.self, Closure.self,
        ForeignObject.self, WrongChild.self,
      ] as [any Faulty.Type]))
  func undeclared(property: String, type: any Faulty.Type) throws {
    final class Parent: Module {
      @Child var part: Module
      init(_ part: Module) {
        _part = Child("part", part)
        super.init()
      }
    }
    let error = try #require(throws: ModuleError.self) { try Parent(type.init()).namedParameters() }
    guard case .undeclaredProperty(_, let path, let name, _, _) = error else {
      Issue.record("another error: \(error)")
      return
    }
    #expect(path == "part")
    #expect(name == property)
    #expect(error.description.contains("'\(property)'"))
  }

  @Test("plain values and resources may stand beside parameters")
  func plainValues() throws {
    enum Kind { case one(Int), two }
    final class Cache: ModuleResource { var text = "" }
    final class Plain: Module {
      let numbers = [1, 2, 3]
      let pairs = ["a": 1.5]
      let kind = Kind.one(3)
      let absent: String? = nil
      let range = 0..<3
      let cache = Cache()
      @Parameter var weight: Tensor
      override init() {
        _weight = Parameter("weight", shape: [1], .zeros)
        super.init()
      }
    }
    #expect(try Plain().namedParameters().count == 1)
  }

  @Test("two parameters of one name are refused")
  func duplicates() {
    final class Twins: Module {
      @Parameter var first: Tensor
      @Parameter var second: Tensor
      override init() {
        _first = Parameter("weight", shape: [1], .zeros)
        _second = Parameter("weight", shape: [1], .zeros)
        super.init()
      }
    }
    #expect(throws: ModuleError.duplicatePath("weight")) { try Twins().namedParameters() }
  }

  @Test("a shared module is walked once, at its first path")
  func sharedModule() throws {
    final class Sharing: Module {
      @Child var first: Linear
      @Child var second: Linear
      override init() {
        let layer = Linear(inputSize: 2, outputSize: 2)
        _first = Child("first", layer)
        _second = Child("second", layer)
        super.init()
      }
    }
    #expect(try Sharing().namedParameters().map(\.path) == ["first.weight", "first.bias"])
    #expect(try Sharing().aliases() == ["second": "first"])
  }
}
