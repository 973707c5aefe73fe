import AsyncFiles
import Testing
import TestSupport
import Torch

@Suite("Asynchronous reads and writes")
struct AsyncFileHandleTests {
  let folder = try! TemporaryFolder()

  @Test(
    "What is written comes back, at any offset and length and from any address, and nothing else changes",
    arguments: Way.all)
  func roundTrip(way: Way) throws {
    let before = try pattern(100_000, seed: 7)
    for (workers, single, overlaps) in [(1, false, true), (3, true, true), (2, false, false), (1, true, false)] {
      let handle = try way.handle(workerCount: workers, submitsSingly: single, overlapsEvents: overlaps)
      for (offset, count, skew) in [
        (0, 1, 0), (0, 4096, 0), (0, 65_536, 0), (1, 4095, 1), (4095, 2, 0), (4096, 8192, 512), (100, 60_000, 3),
        (8192, 40_001, 64), (12_345, 54_321, 4), (0, 99_999, 0), (5, 0, 0),
      ] {
        let path = folder.path("data")
        let file = try way.file(path)
        try handle.write(before, to: file)
        let written = try pattern(count + skew, seed: offset).narrow(dim: 0, start: skew, length: count)
        try handle.write(written, to: file, offset: offset)
        var expected = try before.array(of: UInt8.self)
        expected.replaceSubrange(offset..<offset + count, with: try written.array(of: UInt8.self))
        #expect(try bytes(ofFile: path) == expected, "\(count) bytes at \(offset)")
        let back = try Tensor.zeros([count + skew], dtype: .uint8)
        try handle.read(into: back.narrow(dim: 0, start: skew, length: count), from: file, offset: offset)
        let values = try back.array(of: UInt8.self)
        #expect(Array(values.dropFirst(skew)) == Array(expected[offset..<offset + count]))
        #expect(values.prefix(skew).allSatisfy { $0 == 0 }, "a read wrote before its tensor")
      }
    }
  }

  @Test("A new file is exactly as long as what was written", arguments: Way.all)
  func exactLength(way: Way) throws {
    for count in [1, 4095, 4096, 20_001] {
      let path = folder.path("new-\(count)")
      let file = try way.file(path)
      try way.handle().write(try pattern(count), to: file)
      #expect(try file.byteCount == count)
      #expect(try bytes(ofFile: path).count == count)
    }
  }

  @Test("Many operations on several files are in flight together, and wait tells how many ended", arguments: Way.all)
  func several(way: Way) throws {
    let handle = try way.handle(workerCount: 2)
    let files = try (0..<4).map { try way.file(folder.path("file-\($0)")) }
    let parts = try (0..<40).map { try pattern(10_001, seed: $0) }
    for (index, part) in parts.enumerated() {
      handle.startWrite(part, to: files[index % 4], offset: index / 4 * 10_001)
    }
    #expect(handle.outstandingCount == 40)
    #expect(try handle.wait() == 40)
    #expect(handle.outstandingCount == 0)
    let back = try parts.map { try Tensor.zeros([$0.elementCount], dtype: .uint8) }
    let operations = back.enumerated().map { index, tensor in
      handle.startRead(into: tensor, from: files[index % 4], offset: index / 4 * 10_001)
    }
    for (index, operation) in operations.enumerated().reversed() {
      try operation.wait()
      #expect(operation.hasEnded)
      #expect(try back[index].array(of: UInt8.self) == parts[index].array(of: UInt8.self))
    }
    #expect(try handle.wait() == 40)
    #expect(try handle.wait() == 0)
  }

  @Test("A tensor of any dtype is its bytes, and raw memory works as well", arguments: Way.all)
  func dtypes(way: Way) throws {
    let handle = try way.handle()
    let values = try Tensor((0..<5000).map { Float($0) * 0.37 }, shape: [50, 100])
    let path = folder.path("floats")
    try handle.write(values, toPath: path)
    let back = try Tensor.zeros([50, 100])
    try handle.read(into: back, fromPath: path)
    #expect(try back.array(of: Float.self) == values.array(of: Float.self))
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: 4000, alignment: 64)
    defer { raw.deallocate() }
    let file = try way.file(path)
    try handle.startRead(into: raw, from: file, offset: 400).wait()
    #expect(raw.loadUnaligned(fromByteOffset: 0, as: Float.self) == 100 * 0.37)
    try handle.startWrite(UnsafeRawBufferPointer(raw), to: file, offset: 0).wait()
    try handle.read(into: back, from: file)
    #expect(try back.array(of: Float.self)[1] == 101 * 0.37)
  }

  @Test("Several handles in one process do not disturb each other")
  func severalHandles() async throws {
    let path = folder.path("shared")
    try AsyncFileHandle().write(try pattern(1 << 20), toPath: path)
    let sums = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<4 {
        group.addTask {
          let way = Way.all[index % Way.all.count]
          let handle = try way.handle(blockSize: 4096 << index, workerCount: index + 1)
          let back = try Tensor.zeros([1 << 20], dtype: .uint8)
          try handle.read(into: back, from: way.file(path, .read))
          return try back.array(of: UInt8.self).reduce(0) { $0 + Int($1) }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let expected = try pattern(1 << 20).array(of: UInt8.self).reduce(0) { $0 + Int($1) }
    #expect(sums == [expected, expected, expected, expected])
  }

  @Test("Settings are kept as given, and values out of range are refused by name")
  func settings() throws {
    let settings = AsyncFileSettings(
      blockSize: 5000, queueDepth: 3, workerCount: 2, submitsSingly: true, overlapsEvents: false, backend: .threads)
    let handle = try AsyncFileHandle(settings)
    #expect(handle.settings == settings)
    #expect(handle.backend == .threads)
    #expect(try AsyncFileHandle().backend != .automatic)
    let error = #expect(throws: AsyncFileError.self) { try AsyncFileHandle(AsyncFileSettings(queueDepth: 0)) }
    #expect(error?.description == "queue_depth is 0, expected 1 to 4096")
  }
}
