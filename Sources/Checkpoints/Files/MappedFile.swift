import Glibc
import Torch

/// Memory-mapped files with the errors of this module.
enum MappedFile {
  /// Maps a file.
  ///
  /// - Throws: `FileSystemError` if it cannot be read, `FileFormatError` if it is empty.
  static func open(_ path: String) throws -> FileMap {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("open", path) }
    close(descriptor)
    guard FileSystem.entry(at: path) == .file else { throw FileSystemError("read", path, code: EISDIR) }
    guard try FileSystem.byteCount(of: path) > 0 else {
      throw FileFormatError(.truncated, file: path, found: "an empty file", expected: "a model file")
    }
    return try FileMap(path: path)
  }

  static func bytes(_ map: FileMap) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: map.pointer, count: map.byteCount)
  }

  /// A tensor on the file's pages, or a copy where the address does not suit the dtype.
  ///
  /// - Throws: `TorchError`.
  static func tensor(_ map: FileMap, at range: Range<Int>, shape: [Int], dtype: DType) throws -> Tensor {
    if range.isEmpty { return try Tensor.empty(shape, dtype: dtype) }
    if range.lowerBound % dtype.byteCount == 0 {
      return try Tensor.fromFile(map, byteOffset: range.lowerBound, shape: shape, dtype: dtype)
    }
    let copy = try Tensor.empty(shape, dtype: dtype)
    copy.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes(map)[range])) }
    return copy
  }
}
