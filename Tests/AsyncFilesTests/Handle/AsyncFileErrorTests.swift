import AsyncFiles
import Foundation
import Testing
import TestSupport
import Torch

@Suite("Errors of files")
struct AsyncFileErrorTests {
  let folder = try! TemporaryFolder()

  @Test("A file that ends too early is named, with the place where it ends", arguments: Way.all)
  func shortRead(way: Way) throws {
    let path = folder.path("short")
    let handle = try way.handle()
    try handle.write(try pattern(30_000), toPath: path)
    let file = try way.file(path)
    try file.truncate(to: 20_001)
    let tensor = try Tensor.zeros([26_000], dtype: .uint8)
    let error = #expect(throws: AsyncFileError.self) { try handle.read(into: tensor, from: file, offset: 4000) }
    #expect(error?.reason == .endOfFile(path: path, offset: 20_001, expected: 4000..<30_000))
    #expect(error?.description.contains("\(path): it ends at byte 20001") == true)
    // The handle goes on.
    try handle.read(into: try tensor.narrow(dim: 0, start: 0, length: 16_001), from: file, offset: 4000)
  }

  @Test("A full disk is named by its file, and the next operation works", arguments: Way.all)
  func fullDisk(way: Way) throws {
    let handle = try way.handle()
    let full = try way.file("/dev/full")
    let error = #expect(throws: AsyncFileError.self) { try handle.write(try pattern(50_000), to: full) }
    #expect(error?.code == ENOSPC)
    #expect(error?.path == "/dev/full")
    #expect(error?.description.hasPrefix("cannot write /dev/full at byte") == true)
    #expect(error?.description.contains("No space left on device; free some space") == true)
    try handle.write(try pattern(50_000), to: way.file(folder.path("other")))
  }

  @Test("An error of the disk is told with what the kernel said", arguments: Way.all)
  func inputOutputError(way: Way) throws {
    // The first page of a process's memory is not mapped: reading it is an error of input and output.
    let file = try way.file("/proc/self/mem", .read)
    let tensor = try Tensor.zeros([4096], dtype: .uint8)
    let error = #expect(throws: AsyncFileError.self) { try way.handle().read(into: tensor, from: file) }
    #expect(error?.code == EIO)
    #expect(error?.description.contains("cannot read /proc/self/mem at byte 0: Input/output error") == true)
  }

  @Test("Of several failed operations wait throws the first, after all have ended", arguments: Way.all)
  func first(way: Way) throws {
    let handle = try way.handle()
    let good = try way.file(folder.path("good"))
    let full = try way.file("/dev/full")
    let part = try pattern(9000)
    handle.startWrite(part, to: good)
    handle.startWrite(part, to: full, offset: 4096)
    handle.startWrite(part, to: full, offset: 8192)
    handle.startWrite(part, to: good, offset: 9000)
    let error = #expect(throws: AsyncFileError.self) { try handle.wait() }
    #expect(error?.reason == .block(.write, path: "/dev/full", offset: 4096, code: ENOSPC))
    #expect(try handle.wait() == 0)
    #expect(try good.byteCount == 18_000)
  }

  @Test("A file that cannot be opened is named with a remedy")
  func open() {
    let missing = folder.path("missing")
    let error = #expect(throws: AsyncFileError.self) { try AsyncFile(path: missing, mode: .read) }
    #expect(error?.description == "cannot open \(missing): No such file or directory; check the path")
    let isFolder = #expect(throws: AsyncFileError.self) { try AsyncFile(path: folder.url.path, mode: .update) }
    #expect(isFolder?.code == EISDIR)
  }
}
