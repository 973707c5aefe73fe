import Optimizers
import Testing
import Torch

@testable import ZeRO

struct MemoryStatesTests {
  static func states(keepsMasters: Bool = true) throws -> MemoryStates {
    try MemoryStates(elementCount: 10, rule: try OptimizerOptions.adam(AdamOptions()).makeRule(), keepsMasters: keepsMasters, device: .cpu)
  }

  @Test func `what is written into a borrowed piece is found there later`() throws {
    let states = try Self.states()
    states.beginUpdates(of: [4..<10, 0..<4])
    let piece = try states.borrow(4..<10)
    try #require(piece.master).copyInPlace(try Tensor([Float]([1, 2, 3, 4, 5, 6])))
    try piece.states[1].copyInPlace(try Tensor([Float]([6, 5, 4, 3, 2, 1])))
    states.giveBack(piece)
    states.endUpdates()
    #expect(try states.values(of: .master, 3..<7).array(of: Float.self) == [0, 1, 2, 3])
    #expect(try states.values(of: .state(1), 3..<7).array(of: Float.self) == [0, 6, 5, 4])
    #expect(try states.values(of: .state(0), 0..<10).array(of: Float.self).allSatisfy { $0 == 0 })
  }

  @Test func `values that are set are lent`() throws {
    let states = try Self.states()
    try states.setValues(of: .state(0), at: 2, try Tensor([Float]([7, 8])).to(.bfloat16))
    #expect(try states.borrow(1..<5).states[0].array(of: Float.self) == [0, 7, 8, 0])
  }

  @Test func `without masters a piece has none, and no bytes are kept for them`() throws {
    let states = try Self.states(keepsMasters: false)
    #expect(!states.hasMasters)
    #expect(try states.borrow(0..<10).master == nil)
    #expect(states.byteCount == 2 * 10 * 4)
    #expect(try Self.states().byteCount == 3 * 10 * 4)
  }
}
