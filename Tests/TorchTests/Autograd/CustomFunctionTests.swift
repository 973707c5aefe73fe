import Testing
import Torch

@Suite struct CustomFunctionTests {
  private struct Refused: Error {}

  private func leaf(_ values: [Double]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  /// x^3, with its derivative written by hand.
  private func cube(_ x: Tensor) throws -> Tensor {
    try CustomFunction.apply([x], name: "cube") { inputs in
      [try inputs[0] * inputs[0] * inputs[0]]
    } backward: { gradients in
      [try gradients[0].map { try $0 * 3 * x.detached() * x.detached() }]
    }[0]
  }

  @Test func `its gradient flows like that of any operation`() throws {
    let x = try leaf([2, -1])
    let y = try cube(x * 2) * 5
    #expect(try y.array(of: Double.self) == [320, -40])
    try y.sum().backward()
    // d/dx 5 (2x)^3 = 120 x^2
    #expect(try x.gradient?.array(of: Double.self) == [480, 120])
  }

  @Test func `forward is not recorded and results are new`() throws {
    let x = try leaf([1])
    var recording = true
    let outputs = try CustomFunction.apply([x], name: "probe") { inputs in
      recording = isRecordingGradients
      return [inputs[0]]
    } backward: { $0 }
    #expect(!recording)
    #expect(outputs[0] !== x)
    #expect(!outputs[0].isSame(as: x))
    #expect(outputs[0].sharesStorage(with: x))
    #expect(outputs[0].requiresGradient && !outputs[0].isLeaf)
    try outputs[0].backward()
    #expect(try x.gradient?.item() == 1)
  }

  @Test func `several inputs and results, some unused`() throws {
    let a = try leaf([3])
    let b = try leaf([4])
    let constant = try Tensor([5.0])
    var arrived: [Bool] = []
    let outputs = try CustomFunction.apply([a, b, constant], name: "pair") { inputs in
      [try inputs[0] * inputs[1], try inputs[0] + inputs[2], try Tensor([1, 2])]
    } backward: { gradients in
      arrived = gradients.map { $0 != nil }
      let first = try #require(gradients[0])
      return [try first * b.detached(), try first * a.detached(), nil]
    }
    #expect(outputs.map(\.requiresGradient) == [true, true, false])
    try outputs[0].sum().backward()
    #expect(arrived == [true, false, false])
    #expect(try a.gradient?.item() == 4)
    #expect(try b.gradient?.item() == 3)
    #expect(constant.gradient == nil)
  }

  @Test func `without a gradient to compute there is no node`() throws {
    final class Witness {}
    weak var witness: Witness?
    let output: Tensor
    do {
      let held = Witness()
      witness = held
      output = try CustomFunction.apply([Tensor([1.0])], name: "idle") { $0 } backward: { gradients in
        withExtendedLifetime(held) { gradients }
      }[0]
    }
    #expect(!output.requiresGradient)
    #expect(witness == nil)
    let x = try leaf([1])
    #expect(try withoutGradients { try cube(x) }.requiresGradient == false)
  }

  @Test func `what backward holds is let go of after its pass`() throws {
    final class Witness {}
    weak var witness: Witness?
    let x = try leaf([1])
    func build() throws -> Tensor {
      let held = Witness()
      witness = held
      return try CustomFunction.apply([x], name: "holder") { $0 } backward: { gradients in
        withExtendedLifetime(held) { gradients }
      }[0]
    }
    let first = try build()
    #expect(witness != nil)
    try first.backward(retainGraph: true)
    #expect(witness != nil)
    try first.backward()
    #expect(witness == nil)
    let error = try #require(throws: TorchError.self) { try first.backward() }
    #expect(error.message.contains("holder has already run backward"))
    #expect(try x.gradient?.item() == 2)
  }

  @Test func `errors of either closure come out as they are`() throws {
    let x = try leaf([1])
    #expect(throws: Refused.self) {
      try CustomFunction.apply([x], name: "f") { _ in throw Refused() } backward: { $0 }
    }
    let output = try CustomFunction.apply([x], name: "f") { $0 } backward: { _ in throw Refused() }[0]
    #expect(throws: Refused.self) { try (output * 2).sum().backward() }
    let short = try CustomFunction.apply([x], name: "short") { $0 } backward: { _ in [] }[0]
    let error = try #require(throws: TorchError.self) { try short.sum().backward() }
    #expect(error.op == "short")
    #expect(error.message == "backward returned 0 gradients for 1 inputs")
    let three = try leaf([1, 2, 3])
    let wrong = try CustomFunction.apply([three], name: "wrong") { $0 } backward: { _ in
      [try Tensor.ones([7])]
    }[0]
    #expect(throws: TorchError.self) { try wrong.sum().backward() }
  }

  @Test func `a backward pass inside a backward closure computes a part again`() throws {
    let x = try leaf([3])
    let output = try CustomFunction.apply([x], name: "recomputed") { inputs in
      [try inputs[0] * inputs[0]]
    } backward: { gradients in
      let again = try x.detached()
      try again.setRequiresGradient(true)
      try withGradients { try (again * again).backward(gradient: gradients[0]) }
      return [again.gradient]
    }[0]
    try (output * 10).sum().backward()
    #expect(try x.gradient?.item() == 60)
  }

  @Test func `a change in place of an input handed through is noticed`() throws {
    let x = try leaf([2])
    let squared = try x * x
    let through = try CustomFunction.apply([squared], name: "mark") { $0 } backward: { $0 }[0]
    let product = try through * through
    _ = try withoutGradients { try squared.addInPlace(1) }
    #expect(throws: TorchError.self) { try product.sum().backward() }
  }
}
