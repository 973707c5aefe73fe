import Foundation
import Testing

@testable import Checkpoints

struct AtomicFolderTests {
  @Test func `A folder appears at commit with all its files`() throws {
    let scratch = try Scratch()
    let folder = try AtomicFolder(path: scratch.file("export"))
    try AtomicFile.write("1", to: folder.temporaryPath + "/one")
    #expect(!FileManager.default.fileExists(atPath: scratch.file("export")))
    try folder.commit()
    #expect(try scratch.text("export/one") == "1")
    #expect(try scratch.names() == ["export"])
  }

  @Test func `A folder replaces the earlier one whole`() throws {
    let scratch = try Scratch()
    for name in ["old", "new"] {
      let folder = try AtomicFolder(path: scratch.file("export/"))
      try AtomicFile.write(name, to: folder.temporaryPath + "/" + name)
      try folder.commit()
    }
    #expect(try scratch.names() == ["export"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("export")) == ["new"])
  }

  @Test func `A folder that is not committed leaves the earlier one as it was`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.file("export"), withIntermediateDirectories: true)
    _ = try scratch.write("kept", "export/one")
    do {
      let folder = try AtomicFolder(path: scratch.file("export"))
      try AtomicFile.write("lost", to: folder.temporaryPath + "/one")
    }
    #expect(try scratch.text("export/one") == "kept")
    #expect(try scratch.names() == ["export"])
  }

  @Test func `A folder does not replace a file`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("kept", "export")
    let error = #expect(throws: FileSystemError.self) { _ = try AtomicFolder(path: scratch.file("export")) }
    #expect(error?.path == scratch.file("export"))
    #expect(try scratch.text("export") == "kept")
  }
}
