import Glibc
import Testing

@testable import Checkpoints

struct FileSystemTests {
  @Test(arguments: [
    ("a/b", "a", "b"), ("a", ".", "a"), ("/a", "/", "a"), ("a/b/", "a", "b"), ("/a/b//", "/a", "b"),
    ("../x", "..", "x"),
  ])
  func `A path is split into folder and name`(path: String, folder: String, name: String) {
    let parts = FileSystem.split(path)
    #expect(parts.folder == folder)
    #expect(parts.name == name)
  }

  @Test func `Reading says why it cannot`() throws {
    let scratch = try Scratch()
    let missing = #expect(throws: FileSystemError.self) { _ = try FileSystem.read(scratch.file("none")) }
    #expect(missing?.code == ENOENT)
    #expect(
      missing?.description == "cannot open \(scratch.file("none")): No such file or directory; check the path"
    )
    #expect(#expect(throws: FileSystemError.self) { _ = try FileSystem.read(scratch.path) }?.code == EISDIR)
    let path = try scratch.write("12345", "five")
    #expect(try formatError { _ = try FileSystem.read(path, limit: 4) }.kind == .limit)
    #expect(try FileSystem.read(path, limit: 5) == Array("12345".utf8))
  }

  @Test func `Removing takes a folder with all in it and no link's target`() throws {
    let scratch = try Scratch()
    try FileSystem.createFolder(scratch.file("a/b/c"))
    _ = try scratch.write("x", "a/b/c/file")
    _ = try scratch.write("kept", "target")
    #expect(symlink(scratch.file("target"), scratch.file("a/link")) == 0)
    try FileSystem.remove(scratch.file("a"))
    #expect(try scratch.names() == ["target"])
    try FileSystem.remove(scratch.file("a"))
  }

  @Test func `Messages keep hostile names short and printable`() {
    let error = FileFormatError(
      .malformed, file: "f", item: "a\u{1B}[2J\n" + String(repeating: "x", count: 5000), found: "b",
      expected: "c")
    #expect(error.description.utf8.count < 300)
    #expect(error.description.hasPrefix("f, a?[2J?xxx"))
    #expect(error.description.hasSuffix("...: found b, expected c"))
  }
}
