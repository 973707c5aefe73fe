import Testing
import Torch

@Suite struct SmokeTests {
  @Test func `libtorch answers`() throws {
    #expect(Torch.version.hasPrefix("2.11"))
    #expect(try Tensor.ones([2, 3]).shape == [2, 3])
  }
}
