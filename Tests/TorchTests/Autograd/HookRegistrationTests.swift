import Testing
import Torch

@Suite struct HookRegistrationTests {
  private struct Refused: Error, Equatable {
    let reason: String
  }

  private func leaf(_ values: [Float]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  @Test func `an accumulation hook sees the leaf with its gradient ready`() throws {
    let x = try leaf([1, 2])
    var seen: [[Float]] = []
    var same = false
    try x.onGradientAccumulated { [unowned x] leaf in
      seen.append(try #require(leaf.gradient).array(of: Float.self))
      same = leaf.isSame(as: x)
    }
    try (x * 3).sum().backward()
    try (x * 4).sum().backward()
    #expect(seen == [[3, 3], [7, 7]])
    #expect(same)
  }

  @Test func `a hook may take the gradient away`() throws {
    let x = try leaf([1])
    var total = 0.0
    try x.onGradientAccumulated { leaf in
      total += try #require(leaf.gradient).item()
      try leaf.setGradient(nil)
    }
    for _ in 0..<3 { try (x * 2).sum().backward() }
    #expect(total == 6)
    #expect(x.gradient == nil)
  }

  @Test func `hooks run in order, and a removed one no more`() throws {
    let x = try leaf([1])
    var calls: [String] = []
    try x.onGradientAccumulated { _ in calls.append("a") }
    let second = try x.onGradientAccumulated { _ in calls.append("b") }
    try x.onGradientAccumulated { _ in calls.append("c") }
    try (x * 1).sum().backward()
    second.remove()
    second.remove()
    try (x * 1).sum().backward()
    #expect(calls == ["a", "b", "c", "a", "c"])
  }

  @Test func `a hook may remove itself while it runs`() throws {
    let x = try leaf([1])
    var registration: HookRegistration?
    var calls = 0
    registration = try x.onGradientAccumulated { _ in
      calls += 1
      registration?.remove()
    }
    try (x * 1).sum().backward()
    try (x * 1).sum().backward()
    #expect(calls == 1)
  }

  @Test func `an error thrown by a hook ends backward with that very error`() throws {
    let x = try leaf([1])
    let registration = try x.onGradientAccumulated { _ in throw Refused(reason: "full") }
    let error = #expect(throws: Refused.self) { try (x * 2).sum().backward() }
    #expect(error == Refused(reason: "full"))
    registration.remove()
    try (x * 2).sum().backward()
    #expect(try x.gradient?.item() == 4)
  }

  @Test func `a gradient hook looks at or replaces what goes further`() throws {
    let x = try leaf([1, 2])
    let middle = try x * 2
    var seen: [Float] = []
    try middle.onGradient { gradient in
      seen = try gradient.array(of: Float.self)
      return nil
    }
    let replacing = try middle.onGradient { try $0 * 10 }
    try (middle * 3).sum().backward(retainGraph: false)
    #expect(seen == [3, 3])
    #expect(try x.gradient?.array(of: Float.self) == [60, 60])
    replacing.remove()
    let error = #expect(throws: Refused.self) {
      let other = try x * 5
      try other.onGradient { _ in throw Refused(reason: "no") }
      try other.sum().backward()
    }
    #expect(error?.reason == "no")
  }

  @Test func `hooks end with their tensor or their removal`() throws {
    final class Witness {}
    weak var first: Witness?
    weak var second: Witness?
    do {
      let x = try leaf([1])
      let kept = Witness()
      let removed = Witness()
      first = kept
      second = removed
      try x.onGradientAccumulated { _ in withExtendedLifetime(kept) {} }
      let registration = try x.onGradient { _ in withExtendedLifetime(removed) { nil } }
      registration.remove()
    }
    #expect(first == nil)
    #expect(second == nil)
  }

  @Test func `hooks hang on leaves and tensors that require gradients only`() throws {
    let constant = try Tensor.ones([1])
    #expect(throws: TorchError.self) { try constant.onGradientAccumulated { _ in } }
    #expect(throws: TorchError.self) { try constant.onGradient { _ in nil } }
    let x = try leaf([1])
    #expect(throws: TorchError.self) { try (x * 2).onGradientAccumulated { _ in } }
  }

  @Test func `hooks stay when the data change`() throws {
    let x = try leaf([1])
    var calls = 0
    try x.onGradientAccumulated { _ in calls += 1 }
    try x.setData(Tensor([Float(1), 2]))
    try (x * 2).sum().backward()
    #expect(calls == 1)
  }
}
