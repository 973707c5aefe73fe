import Optimizers
import Testing
import Torch

@testable import ZeRO

struct SplitStatesTests {
  static func states(keepsMasters: Bool = true) throws -> (SplitStates, first: MemoryStates, rest: MemoryStates) {
    let rule = try OptimizerOptions.adam(AdamOptions()).makeRule()
    let parts = try [4, 6].map {
      try MemoryStates(elementCount: $0, rule: rule, keepsMasters: keepsMasters, device: .cpu)
    }
    return (SplitStates(first: parts[0], rest: parts[1], border: 4), parts[0], parts[1])
  }

  @Test func `each side of the border is with its owner`() throws {
    let (states, first, rest) = try Self.states()
    try states.beginUpdates(of: [0..<4, 4..<7, 7..<10])
    for (range, value) in [(0..<4, 1.0), (4..<7, 2), (7..<10, 3)] {
      let piece = try states.borrow(range)
      #expect(piece.range == range)
      try #require(piece.master).fillInPlace(value)
      try piece.states[1].fillInPlace(-value)
      try states.giveBack(piece)
    }
    try states.endUpdates()
    #expect(try first.values(of: .master, 0..<4).array(of: Float.self) == [1, 1, 1, 1])
    #expect(try rest.values(of: .state(1), 0..<6).array(of: Float.self) == [-2, -2, -2, -3, -3, -3])
    #expect(try states.values(of: .master, 6..<8).array(of: Float.self) == [2, 3])
    try states.setValues(of: .state(0), at: 5, try Tensor([Float]([8, 9])))
    #expect(try rest.values(of: .state(0), 0..<3).array(of: Float.self) == [0, 8, 9])
    #expect(states.byteCount == 3 * 10 * 4 && states.largestPiece == .max)
  }

  @Test func `the first buckets stay on the device`() {
    #expect(HostOffload(ratio: 1).deviceBucketCount(of: 7) == 0)
    #expect(HostOffload(ratio: 0).deviceBucketCount(of: 7) == 7)
    #expect(HostOffload(ratio: 0.3).deviceBucketCount(of: 7) == 4)
  }
}
