import Glibc
import Torch

/// A data file in memory by its pages.
final class DataFile: Sendable {
  let path: String
  let byteCount: Int
  private let map: FileMap

  /// Maps a file.
  ///
  /// - Throws: `DatasetError` of kind `unreadable` or, for an empty file, `tooFewTokens`.
  init(path: String) throws {
    var status = stat()
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw DatasetError(.unreadable, file: path, found: reason, expected: "a readable file; check the path")
    }
    close(descriptor)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetError(
        .unreadable, file: path, found: "a folder or device", expected: "a .txt, .jsonl or .npy file")
    }
    guard status.st_size > 0 else {
      throw DatasetError(.tooFewTokens, file: path, found: "an empty file", expected: "text or tokens")
    }
    self.path = path
    map = try FileMap(path: path)
    byteCount = map.byteCount
  }

  /// Reads the bytes; they are valid within `body` only.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(map) {
      try body(UnsafeRawBufferPointer(start: map.pointer, count: byteCount))
    }
  }
}
