import Glibc

/// Whole small text files, read without Foundation.
enum TextFile {
  /// The contents of a file, or nil where it does not exist.
  /// - Throws: ``LaunchError/file(path:action:reason:)`` when it exists but cannot be read.
  static func read(_ path: String) throws(LaunchError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .file(path: path, action: "read", reason: systemError(errno))
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .file(path: path, action: "read", reason: systemError(errno))
      }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Creates or replaces a file.
  /// - Throws: ``LaunchError/file(path:action:reason:)``.
  static func write(_ text: String, to path: String) throws(LaunchError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw .file(path: path, action: "write", reason: systemError(errno)) }
    defer { close(descriptor) }
    guard writeAll(Array(text.utf8), to: descriptor) else {
      throw .file(path: path, action: "write", reason: systemError(errno))
    }
  }

  /// Writes all bytes; false, with `errno` set, when that was not possible.
  @discardableResult
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + offset, $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
          continue
        }
        return false
      }
      offset += count
    }
    return true
  }
}

/// The operating system's own words for an error number.
func systemError(_ number: Int32) -> String { String(cString: strerror(number)) }

extension Character {
  var isASCIIDigit: Bool { isASCII && isNumber }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var slice = self[...]
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return String(slice)
  }
}
