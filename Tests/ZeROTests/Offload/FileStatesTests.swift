import AsyncFiles
import Foundation
import Optimizers
import TestSupport
import Testing
import Torch

@testable import ZeRO

struct FileStatesTests {
  let folder = try! TemporaryFolder()

  private func tier(
    subGroup: Int = 1100, bufferCount: Int = 4, reads: Bool = true, writes: Bool = true, elementCount: Int = 5000
  ) throws -> FileTier {
    try FileTier(
      FileTierSettings(
        folder: folder.path("nvme"), files: AsyncFileSettings(blockSize: 4096), bufferCount: bufferCount,
        locksMemory: false, pipelinesReads: reads, pipelinesWrites: writes, subGroupSize: subGroup),
      stage: 2, rank: 1, tensorCount: 3, elementCount: elementCount)
  }

  /// The same steps over files and over memory; some pieces are left out, as those without a gradient are.
  private func compare(_ tier: FileTier, ranges: [Range<Int>], keepsMasters: Bool) throws {
    let rule = try OptimizerOptions.adam(AdamOptions()).makeRule()
    let files = try tier.makeStates(name: "0", elementCount: 5000, rule: rule, keepsMasters: keepsMasters)
    let memory = try MemoryStates(elementCount: 5000, rule: rule, keepsMasters: keepsMasters, device: .cpu)
    #expect(files.hasMasters == keepsMasters)
    let both: [any PartitionStates] = [files, memory]
    if keepsMasters {
      let masters = try Tensor((0..<5000).map { Float($0) * 0.01 }, shape: [5000])
      for states in both { try states.setValues(of: .master, at: 0, masters.to(.bfloat16)) }
    }
    for step in 1...3 {
      for states in both {
        let pieces = ranges.flatMap { SubGroups.parts(of: $0, limit: tier.subGroupSize) }
        try states.beginUpdates(of: pieces)
        for (index, range) in pieces.enumerated() where (index + step) % 4 != 0 {
          let piece = try states.borrow(range)
          #expect(piece.range == range && piece.states.allSatisfy { $0.shape == [range.count] })
          for (place, tensor) in ([piece.master] + piece.states).enumerated() {
            try tensor?.addInPlace(Tensor(range.map { Float($0 * step + place) }, shape: [range.count]))
          }
          try states.giveBack(piece)
        }
        try states.endUpdates()
      }
      for tensor in (keepsMasters ? [StateTensor.master] : []) + [.state(0), .state(1)] {
        #expect(
          try files.values(of: tensor, 0..<5000).array(of: Float.self)
            == memory.values(of: tensor, 0..<5000).array(of: Float.self), "\(tensor) after step \(step)")
      }
    }
    #expect(tier.buffers.freeCount == tier.buffers.count, "a buffer did not come back")
  }

  static let ranges: [[Range<Int>]] = [
    [0..<5000], [0..<17, 17..<1000, 1000..<1300, 1300..<4900, 4900..<5000], [3000..<4000, 10..<2000],
    (0..<50).map { $0 * 100..<($0 + 1) * 100 },
  ]

  @Test(arguments: ranges, [true, false])
  func `states in files change as states in memory do`(ranges: [Range<Int>], keepsMasters: Bool) throws {
    for (reads, writes) in [(true, true), (true, false), (false, true), (false, false)] {
      try compare(tier(reads: reads, writes: writes), ranges: ranges, keepsMasters: keepsMasters)
    }
    try compare(tier(subGroup: 100, bufferCount: 30), ranges: ranges, keepsMasters: keepsMasters)
    try compare(tier(subGroup: 1 << 30, bufferCount: 0), ranges: ranges, keepsMasters: keepsMasters)
  }

  @Test func `memory is that of the buffers, however large the partition is`() throws {
    let small = try tier(elementCount: 5000).bufferByteCount
    let large = try tier(elementCount: 5_000_000)
    #expect(large.bufferByteCount == small)
    #expect(small == 3 * 3 * 3 * 4096, "three sub-groups of three tensors of 1100 elements and a page")
    #expect(try large.makeStates(name: "0", elementCount: 5_000_000, rule: OptimizerOptions.adam(AdamOptions()).makeRule(), keepsMasters: true).byteCount == 0)
    #expect(try tier(bufferCount: 12).bufferByteCount == small / 3 * 4)
    #expect(try tier(bufferCount: 4, reads: false, writes: false).bufferByteCount == small / 3)
  }

  @Test func `a file that was cut short stops the step with its name`() throws {
    let states = try tier().makeStates(name: "0", elementCount: 5000, rule: OptimizerOptions.adam(AdamOptions()).makeRule(), keepsMasters: true)
    let path = states.files[2].file.path
    try AsyncFile(path: states.files[2].file.pathForOthers, mode: .update).truncate(to: 9000)
    let error = #expect(throws: AsyncFileError.self) {
      try states.beginUpdates(of: [0..<1000, 1000..<2000, 2000..<3000])
      for start in [0, 1000, 2000] { try states.giveBack(states.borrow(start..<start + 1000)) }
      try states.endUpdates()
    }
    #expect(error?.path == path)
    #expect(error?.description.contains("it ends at byte 9000") == true)
  }
}
