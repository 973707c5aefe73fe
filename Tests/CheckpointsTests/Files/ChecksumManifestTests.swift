import Testing

@testable import Checkpoints

struct ChecksumManifestTests {
  private func recorded(_ scratch: Scratch) throws -> ChecksumManifest {
    var files: [ChecksummedFile] = []
    for name in ["b.bin", "a.bin"] {
      files.append(try AtomicFile.write([UInt8](repeating: 5, count: 3_000_000), to: scratch.file(name)))
    }
    let manifest = ChecksumManifest(files)
    try manifest.write(to: scratch.path)
    return manifest
  }

  @Test func `A manifest is read back and its files verify`() throws {
    let scratch = try Scratch()
    let manifest = try recorded(scratch)
    let read = try ChecksumManifest(folder: scratch.path)
    #expect(read == manifest)
    #expect(read.files.map(\.name) == ["a.bin", "b.bin"])
    try read.verify(folder: scratch.path)
  }

  @Test func `One changed byte names the file`() throws {
    let scratch = try Scratch()
    let manifest = try recorded(scratch)
    var bytes = try scratch.bytes("b.bin")
    bytes[2_000_000] ^= 1
    _ = try scratch.write(bytes, "b.bin")
    let error = try formatError { try manifest.verify(folder: scratch.path) }
    #expect(error.kind == .damaged)
    #expect(error.file == scratch.file("b.bin"))
    try manifest.verify(folder: scratch.path, names: ["a.bin"])
  }

  @Test func `A cut or missing file is named`() throws {
    let scratch = try Scratch()
    let manifest = try recorded(scratch)
    _ = try scratch.write([1, 2, 3], "a.bin")
    #expect(try formatError { try manifest.verify(folder: scratch.path) }.kind == .truncated)
    let other = ChecksumManifest([ChecksummedFile(name: "c.bin", byteCount: 1, crc32c: 0)])
    let error = try formatError { try other.verify(folder: scratch.path) }
    #expect(error.kind == .missing)
    #expect(error.file == scratch.file("c.bin"))
  }

  @Test(arguments: [
    "[]", "{\"a\": 3}", "{\"a\": {\"bytes\": -1, \"crc32c\": \"0\"}}",
    "{\"a\": {\"bytes\": 1, \"crc32c\": \"xyz\"}}",
  ])
  func `A manifest of another form is refused`(text: String) throws {
    let scratch = try Scratch()
    _ = try scratch.write(text, ChecksumManifest.fileName)
    #expect(try formatError { _ = try ChecksumManifest(folder: scratch.path) }.kind == .malformed)
  }
}
