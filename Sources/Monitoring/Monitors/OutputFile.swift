import Glibc

/// A file that is only ever appended to. Closed when the value is gone.
final class OutputFile {
  let path: String
  private let descriptor: Int32

  /// Opens a file for appending, creating it and the folders above it where needed.
  init(path: String) throws(MonitorError) {
    self.path = path
    if let slash = path.lastIndex(of: "/") { try Self.createFolder(String(path[..<slash])) }
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw MonitorError(path: path, action: "open", reason: Self.reason()) }
  }

  deinit { close(descriptor) }

  /// Whether nothing has been written to the file, by anybody.
  var isEmpty: Bool {
    var information = stat()
    return fstat(descriptor, &information) == 0 && information.st_size == 0
  }

  func append(_ bytes: [UInt8]) throws(MonitorError) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + offset, $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw MonitorError(path: path, action: "write to", reason: Self.reason())
      }
      offset += count
    }
  }

  func append(_ text: String) throws(MonitorError) { try append(Array(text.utf8)) }

  /// Replaces a whole file, so that a reader sees the old or the new one and nothing between.
  static func replace(_ path: String, with text: String) throws(MonitorError) {
    let draft = path + ".part"
    unlink(draft)
    do throws(MonitorError) {
      try OutputFile(path: draft).append(text)
      if rename(draft, path) != 0 { throw MonitorError(path: path, action: "replace", reason: reason()) }
    } catch {
      unlink(draft)
      throw error
    }
  }

  private static func createFolder(_ path: String) throws(MonitorError) {
    var partial = path.hasPrefix("/") ? "" : "."
    for name in path.split(separator: "/") {
      partial += "/\(name)"
      if mkdir(partial, 0o755) != 0, errno != EEXIST, errno != EISDIR {
        throw MonitorError(path: partial, action: "create folder", reason: reason())
      }
    }
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
