import Foundation
import Testing
import Torch

@Suite struct FileMapTests {
  /// A file of 1,000 floats 0, 1, 2, ... behind `prefix` bytes.
  private func withFile<Result>(prefix: Int, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "filemap-\(UUID().uuidString)").path
    var data = Data(count: prefix)
    for value in 0..<1000 {
      withUnsafeBytes(of: Float(value)) { data.append(contentsOf: $0) }
    }
    try data.write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test func `a tensor sees the file and keeps it mapped`() throws {
    try withFile(prefix: 64) { path in
      var map: FileMap? = try FileMap(path: path)
      let tensor = try Tensor.fromFile(#require(map), byteOffset: 64, shape: [10, 100], dtype: .float32)
      let data = tensor.withUnsafeMutableBytes { $0.baseAddress }
      #expect(data == map?.pointer?.advanced(by: 64))
      map = nil
      try FileManager.default.removeItem(atPath: path)
      #expect(try tensor.select(dim: 0, index: 9).array(of: Float.self) == (900..<1000).map(Float.init))
    }
  }

  @Test func `writing to the tensor leaves the file as it was`() throws {
    try withFile(prefix: 0) { path in
      let before = try Data(contentsOf: URL(filePath: path))
      let tensor = try Tensor.fromFile(FileMap(path: path), byteOffset: 0, shape: [1000], dtype: .float32)
      _ = try tensor.zeroInPlace()
      #expect(try tensor.sum().item() == 0)
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
  }

  @Test func `an unaligned part is copied and right`() throws {
    try withFile(prefix: 3) { path in
      let tensor = try Tensor.fromFile(FileMap(path: path), byteOffset: 3, shape: [1000], dtype: .float32)
      #expect(try tensor.array(of: Float.self) == (0..<1000).map(Float.init))
    }
  }

  @Test(arguments: [(0, [1001]), (4, [1000]), (-4, [1]), (4000, [1]), (0, [-1]), (0, [1 << 40, 1 << 40])])
  func `a part outside the file is refused`(byteOffset: Int, shape: [Int]) throws {
    try withFile(prefix: 0) { path in
      let map = try FileMap(path: path)
      let error = try #require(throws: TorchError.self) {
        try Tensor.fromFile(map, byteOffset: byteOffset, shape: shape, dtype: .float32)
      }
      #expect(error.kind == .shape)
    }
  }

  @Test func `missing files and folders are named`() throws {
    let missing = try #require(throws: TorchError.self) { try FileMap(path: "/dev/null/in") }
    #expect(missing.message == "/dev/null/in: Not a directory")
    #expect(throws: TorchError.self) { try FileMap(path: "/tmp") }
  }

  @Test func `an empty file is an empty map`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "empty-\(UUID().uuidString)").path
    try Data().write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let map = try FileMap(path: path)
    #expect(map.byteCount == 0 && map.pointer == nil)
    #expect(try Tensor.fromFile(map, byteOffset: 0, shape: [0, 7], dtype: .int8).shape == [0, 7])
  }
}
