import Testing
import Torch

@Suite struct OperatorsTests {
  @Test func `operators compute elementwise`() throws {
    let a = try Tensor([Float(6), 8])
    let b = try Tensor([Float(2), 4])
    #expect(try (a + b).array(of: Float.self) == [8, 12])
    #expect(try (a - b).array(of: Float.self) == [4, 4])
    #expect(try (a * b).array(of: Float.self) == [12, 32])
    #expect(try (a / b).array(of: Float.self) == [3, 2])
    #expect(try (-a).array(of: Float.self) == [-6, -8])
  }

  @Test func `numbers stand on either side`() throws {
    let a = try Tensor([Float(6), 8])
    #expect(try (a + 0.5).array(of: Float.self) == [6.5, 8.5])
    #expect(try (1 + a).array(of: Float.self) == [7, 9])
    #expect(try (a - 1).array(of: Float.self) == [5, 7])
    #expect(try (10 - a).array(of: Float.self) == [4, 2])
    #expect(try (a * 2).array(of: Float.self) == [12, 16])
    #expect(try (0.5 * a).array(of: Float.self) == [3, 4])
    #expect(try (a / 2).array(of: Float.self) == [3, 4])
    #expect(try (24 / a).array(of: Float.self) == [4, 3])
  }

  @Test func `whole numbers keep integers, fractions do not`() throws {
    let indices = try Tensor.arange(3)
    #expect(try (indices + 1).dtype == .int64)
    #expect(try (indices * 0.5).dtype == .float32)
    #expect(try (indices / 2).dtype == .float32)
  }
}
