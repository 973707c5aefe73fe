import AsyncFiles
import Optimizers
import TestSupport
import Testing
import Torch

@testable import ZeRO

/// Updates that may be taken back, wherever the states are.
@Suite struct RevocableStatesTests {
  let folder = try! TemporaryFolder()
  private static let count = 5000

  private func states() throws -> [(name: String, states: any PartitionStates)] {
    let rule = try OptimizerOptions.adam(AdamOptions()).makeRule()
    func memory(_ count: Int) throws -> MemoryStates {
      try MemoryStates(elementCount: count, rule: rule, keepsMasters: true, device: .cpu, isRevocable: true)
    }
    let tier = try FileTier(
      FileTierSettings(
        folder: folder.path("nvme"), files: AsyncFileSettings(blockSize: 4096), locksMemory: false,
        pipelinesReads: true, pipelinesWrites: true, subGroupSize: 1100),
      stage: 2, rank: 0, tensorCount: 3, elementCount: Self.count)
    return [
      ("memory", try memory(Self.count)),
      ("halves", SplitStates(first: try memory(2000), rest: try memory(Self.count - 2000), border: 2000)),
      (
        "files",
        try tier.makeStates(
          name: "0", elementCount: Self.count, rule: rule, keepsMasters: true, isRevocable: true)
      ),
    ]
  }

  private static let tensors: [StateTensor] = [.master, .state(0), .state(1)]

  private func values(_ states: any PartitionStates) throws -> [[Float]] {
    try Self.tensors.map { try states.values(of: $0, 0..<2000).array(of: Float.self) }
      + Self.tensors.map { try states.values(of: $0, 2000..<Self.count).array(of: Float.self) }
  }

  /// Adds `amount` to everything, in pieces, of which the last ones may be left out.
  private func update(_ states: any PartitionStates, by amount: Double, leavingOut: Int = 0) throws {
    let pieces = [0..<700, 700..<2000, 2000..<2900, 2900..<4000, 4000..<5000]
      .flatMap { SubGroups.parts(of: $0, limit: states.largestPiece) }
    try states.beginUpdates(of: pieces)
    for range in pieces.dropLast(leavingOut) {
      let piece = try states.borrow(range)
      for tensor in [piece.master].compactMap(\.self) + piece.states { try tensor.addInPlace(Tensor([Float(amount)], shape: [1])) }
      try states.giveBack(piece)
    }
    try states.endUpdates()
  }

  @Test func `revoked updates leave the bits that were there, committed ones stay`() throws {
    for (name, states) in try states() {
      let start = try Tensor((0..<Self.count).map { Float($0) * 0.1 + 0.01 }, shape: [Self.count])
      for tensor in Self.tensors {
        for range in [0..<2000, 2000..<Self.count] {
          try states.setValues(
            of: tensor, at: range.lowerBound, start.narrow(dim: 0, start: range.lowerBound, length: range.count))
        }
      }
      try update(states, by: 0.3)
      states.commit()
      let first = try values(states)
      #expect(first[0][1] == Float(0.1) + 0.01 + 0.3, "\(name)")
      // Some pieces were not reached when the step turned out to be void.
      for leavingOut in [0, 2, 1] {
        try update(states, by: 1e20, leavingOut: leavingOut)
        try states.revoke()
        #expect(try values(states) == first, "\(name)")
      }
      try update(states, by: 0.5)
      states.commit()
      #expect(try values(states) == first.map { $0.map { $0 + 0.5 } }, "\(name)")
      try states.setValues(of: .state(1), at: 100, Tensor([Float](repeating: 9, count: 50), shape: [50]))
      try update(states, by: 1)
      states.commit()
      #expect(try states.values(of: .state(1), 100..<150).array(of: Float.self) == Array(repeating: 10, count: 50))
    }
  }
}
