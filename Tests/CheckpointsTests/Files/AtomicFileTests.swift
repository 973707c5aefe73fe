import Foundation
import Glibc
import Testing

@testable import Checkpoints

struct AtomicFileTests {
  @Test func `A file appears only at commit and leaves nothing else behind`() throws {
    let scratch = try Scratch()
    let file = try AtomicFile(path: scratch.file("a/b/model.bin"))
    try file.write([1, 2, 3])
    try file.write("text")
    #expect(!FileManager.default.fileExists(atPath: scratch.file("a/b/model.bin")))
    try file.commit()
    #expect(try scratch.bytes("a/b/model.bin") == [1, 2, 3] + Array("text".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("a/b")) == ["model.bin"])
    #expect(
      file.summary
        == ChecksummedFile(
          name: "model.bin", byteCount: 7, crc32c: CRC32C.of([1, 2, 3] + Array("text".utf8))))
  }

  @Test func `A file that is not committed leaves the earlier one as it was`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("old", "state")
    do {
      let file = try AtomicFile(path: scratch.file("state"))
      try file.write("new")
    }
    #expect(try scratch.text("state") == "old")
    #expect(try scratch.names() == ["state"])
    try AtomicFile.write("new", to: scratch.file("state"))
    #expect(try scratch.text("state") == "new")
  }

  @Test func `Too little space is an error before the first byte that names the path and the reason`() throws
  {
    let scratch = try Scratch()
    let error = #expect(throws: FileSystemError.self) {
      _ = try AtomicFile(path: scratch.file("state"), expectedByteCount: Int.max / 2)
    }
    #expect(error?.code == ENOSPC)
    #expect(error?.description.contains("No space left on device") == true)
    #expect(error?.description.contains("free some space") == true)
    #expect(error?.path == scratch.file("state"))
    #expect(try scratch.names() == [])
  }

  @Test func `A path that cannot be written is an error that names it`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("x", "file")
    let below = #expect(throws: FileSystemError.self) {
      try AtomicFile.write("x", to: scratch.file("file/below"))
    }
    #expect(below?.description.contains(scratch.file("file")) == true)
    let folder = #expect(throws: FileSystemError.self) { try AtomicFile.write("x", to: scratch.path) }
    #expect(folder?.code == EISDIR)
    let system = #expect(throws: FileSystemError.self) { try AtomicFile.write("x", to: "/proc/deepspeed/x") }
    #expect(system?.description.contains("/proc/deepspeed") == true)
  }

  @Test func `Running into the size limit keeps the old file and removes the temporary one`() async throws {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      let scratch = try Scratch()
      _ = try scratch.write("old", "state")
      var limit = rlimit(rlim_cur: 65536, rlim_max: 65536)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let error = #expect(throws: FileSystemError.self) {
        try AtomicFile.write([UInt8](repeating: 7, count: 1 << 20), to: scratch.file("state"))
      }
      #expect(error?.code == EFBIG)
      #expect(error?.detail == "after 65536 bytes")
      #expect(try scratch.text("state") == "old")
      #expect(try scratch.names() == ["state"])
    }
  }
}
