import AsyncFiles
import Foundation
import TestSupport
import Testing

@testable import ZeRO

struct ScratchFileTests {
  let folder = try! TemporaryFolder()
  private let place = "zero_stage_2/optimizer/rank1/0_fp32.tensor.swp"

  @Test func `a file has its length and zeros, and nothing of it is seen, whatever was there before`() throws {
    let drive = folder.path("some/drive")
    let path = "\(drive)/\(place)"
    try FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: URL(filePath: path))
    let file = try ScratchFile.open(place, in: drive, byteCount: 5000)
    #expect(try FileManager.default.contentsOfDirectory(atPath: drive).isEmpty)
    #expect(file.path == path)
    #expect(try Data(contentsOf: URL(filePath: file.pathForOthers)) == Data(count: 5000))
  }

  @Test func `files of other ranks stay`() throws {
    let other = folder.path("zero_stage_2/optimizer/rank0")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    _ = try ScratchFile.open(place, in: folder.url.path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("zero_stage_2/optimizer")) == ["rank0"])
  }

  @Test func `ranks that make and remove the same folders at once do not disturb each other`() async throws {
    let drive = folder.path("drive")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for rank in 0..<4 {
        group.addTask {
          for _ in 0..<100 { _ = try ScratchFile.open("a/b/c/rank\(rank)/file", in: drive, byteCount: 1) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: drive).isEmpty)
  }

  @Test func `more than the disk holds is an error with the file's name, and leaves nothing`() throws {
    let error = #expect(throws: AsyncFileError.self) {
      try ScratchFile.open(place, in: folder.path("nvme"), byteCount: 1 << 50)
    }
    #expect(error?.description.contains("cannot reserve \(folder.path("nvme"))/\(place)") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("nvme")).isEmpty)
  }

  @Test(arguments: [("/proc/nothing", ENOENT), ("/dev/null", ENOTDIR)])
  func `a folder that cannot be made is named`(drive: String, code: Int32) throws {
    let error = #expect(throws: AsyncFileError.self) { try ScratchFile.open(place, in: drive) }
    #expect(error?.code == code)
    #expect(error?.description.contains("cannot make the folder \(drive)") == true)
  }
}
