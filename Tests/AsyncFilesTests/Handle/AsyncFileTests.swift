import AsyncFiles
import Foundation
import Testing
import TestSupport
import Torch

@Suite("Files for asynchronous access")
struct AsyncFileTests {
  let folder = try! TemporaryFolder()

  @Test("A scratch file has no name and goes with its object")
  func scratch() throws {
    let file = try AsyncFile(path: folder.path("scratch"), mode: .scratch)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    let handle = try AsyncFileHandle()
    let values = try pattern(10_000)
    try handle.write(values, to: file)
    let back = try Tensor.zeros([10_000], dtype: .uint8)
    try handle.read(into: back, from: file)
    #expect(try back.array(of: UInt8.self) == values.array(of: UInt8.self))
  }

  @Test("Reserved space is part of the file, reads as zeros and keeps what is there")
  func reserve() throws {
    let file = try AsyncFile(path: folder.path("reserved"), mode: .update)
    let handle = try AsyncFileHandle()
    try handle.write(try Tensor([UInt8](repeating: 9, count: 10), shape: [10]), to: file)
    try file.reserve(byteCount: 5000)
    #expect(try file.byteCount == 5000)
    let back = try Tensor.ones([5000], dtype: .uint8)
    try handle.read(into: back, from: file)
    let values = try back.array(of: UInt8.self)
    #expect(values.prefix(10).allSatisfy { $0 == 9 } && values.dropFirst(10).allSatisfy { $0 == 0 })
    try file.synchronize()
    try file.truncate(to: 3)
    #expect(try file.byteCount == 3)
  }

  @Test("More space than the disk has is an error before anything is written")
  func reserveTooMuch() throws {
    let path = folder.path("huge")
    let file = try AsyncFile(path: path, mode: .update)
    let error = #expect(throws: AsyncFileError.self) { try file.reserve(byteCount: 1 << 50) }
    #expect(error?.path == path)
    #expect(error?.description.contains("cannot reserve \(path)") == true)
  }
}
