import Testing
import Torch

@Suite struct SavedTensorHooksTests {
  private struct Refused: Error {}

  private final class Packed {
    let tensor: Tensor
    init(_ tensor: Tensor) { self.tensor = tensor }
  }

  private func leaf(_ values: [Float]) throws -> Tensor {
    let tensor = try Tensor(values)
    try tensor.setRequiresGradient(true)
    return tensor
  }

  @Test func `what is saved goes through the hooks and comes back`() throws {
    let x = try leaf([1, 2, 3])
    var packs = 0
    var unpacks = 0
    let y = try withSavedTensorHooks {
      packs += 1
      return Packed(try $0.to(.bfloat16))
    } unpack: { packed in
      unpacks += 1
      return try #require(packed as? Packed).tensor.to(.float32)
    } _: {
      try (x * x).sum()
    }
    #expect(packs == 2)
    #expect(unpacks == 0)
    try y.backward()
    #expect(unpacks == 2)
    #expect(try x.gradient?.array(of: Float.self) == [2, 4, 6])
    _ = try x * x
    #expect(packs == 2, "hooks end with their scope")
  }

  @Test func `unpacked values are what the derivative is computed from`() throws {
    let x = try leaf([4])
    let y = try withSavedTensorHooks {
      Packed($0)
    } unpack: { _ in
      try Tensor([Float(100)])
    } _: {
      try (x * x).sum()
    }
    try y.backward()
    #expect(try x.gradient?.item() == 200)
  }

  @Test func `inner hooks win over outer ones`() throws {
    let x = try leaf([1])
    var calls: [String] = []
    func hooked<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
      try withSavedTensorHooks {
        calls.append(name)
        return Packed($0)
      } unpack: { packed in
        try #require(packed as? Packed).tensor
      } _: {
        try body()
      }
    }
    try hooked("outer") {
      _ = try x.exp()
      try hooked("inner") { _ = try x.exp() }
      _ = try x.exp()
    }
    #expect(calls == ["outer", "inner", "outer"])
  }

  @Test func `errors of pack and unpack come out as they are`() throws {
    let x = try leaf([1])
    #expect(throws: Refused.self) {
      try withSavedTensorHooks { _ in throw Refused() } unpack: { _ in x } _: { _ = try x * x }
    }
    let y = try withSavedTensorHooks { Packed($0) } unpack: { _ in throw Refused() } _: { try (x * x).sum() }
    #expect(throws: Refused.self) { try y.backward() }
  }

  @Test func `what pack made is released with the graph`() throws {
    weak var packed: Packed?
    let x = try leaf([1])
    do {
      let y = try withSavedTensorHooks {
        let made = Packed($0)
        packed = made
        return made
      } unpack: { packed in
        try #require(packed as? Packed).tensor
      } _: {
        try x.exp()
      }
      #expect(packed != nil)
      withExtendedLifetime(y) {}
    }
    #expect(packed == nil)
  }

  @Test func `hooks of one thread are not another's`() async throws {
    let x = try leaf([1])
    try withSavedTensorHooks { Packed($0) } unpack: { _ in throw Refused() } _: {
      _ = try x * x
    }
    let value = try await Task.detached {
      let z = try Tensor([Float(3)])
      try z.setRequiresGradient(true)
      try (z * z).sum().backward()
      return try z.gradient?.item()
    }.value
    #expect(value == 6)
  }
}
