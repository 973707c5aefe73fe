import Glibc

/// The few file operations that checkpoints need, with errors that name operation and path.
enum FileSystem {
  /// What stands at a path.
  enum Entry { case nothing, file, folder, other }

  static func entry(at path: String) -> Entry {
    var status = stat()
    guard stat(path, &status) == 0 else { return .nothing }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG: return .file
    default: return .other
    }
  }

  /// The size of a file in bytes.
  ///
  /// - Throws: `FileSystemError` if it cannot be examined.
  static func byteCount(of path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileSystemError("examine", path) }
    return Int(status.st_size)
  }

  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The folder that holds `path` and the last component; trailing slashes are ignored.
  static func split(_ path: String) -> (folder: String, name: String) {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return (".", String(trimmed)) }
    let folder = trimmed[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(trimmed[trimmed.index(after: slash)...]))
  }

  /// The names in a folder, sorted, without `.` and `..`.
  ///
  /// - Throws: `FileSystemError` if the folder cannot be opened.
  static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else { throw FileSystemError("list", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Creates a folder and all folders above it.
  ///
  /// - Throws: `FileSystemError` naming the first folder that could not be made.
  static func createFolder(_ path: String) throws {
    if entry(at: path) == .folder { return }
    let parent = split(path).folder
    if parent != path, entry(at: parent) == .nothing { try createFolder(parent) }
    // Another rank may have made it meanwhile.
    if mkdir(path, 0o755) != 0, errno != EEXIST || entry(at: path) != .folder {
      throw FileSystemError("create folder", path)
    }
  }

  /// Removes a file, or a folder with all it holds; nothing at the path is no error.
  ///
  /// - Throws: `FileSystemError` naming what could not be removed.
  static func remove(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      if unlink(path) != 0, errno != ENOENT { throw FileSystemError("remove", path) }
      return
    }
    for name in try names(in: path) { try remove(join(path, name)) }
    if rmdir(path) != 0, errno != ENOENT { throw FileSystemError("remove", path) }
  }

  /// Reads a whole file.
  ///
  /// - Parameter limit: the largest size in bytes that is accepted, so that a wrong path cannot fill the
  ///   memory.
  /// - Throws: `FileSystemError`, or `FileFormatError` beyond the limit.
  static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileSystemError("examine", path) }
    if status.st_mode & S_IFMT == S_IFDIR { throw FileSystemError("read", path, code: EISDIR) }
    guard status.st_size <= limit else {
      throw FileFormatError(
        .limit, file: path, found: "\(status.st_size) bytes", expected: "at most \(limit) bytes")
    }
    let size = Int(status.st_size)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let read = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
        if read < 0, errno == EINTR { continue }
        guard read >= 0 else { throw FileSystemError("read", path) }
        if read == 0 { break }
        count += read
      }
    }
  }

  /// Makes the names in a folder durable, so that a rename survives a power failure.
  ///
  /// - Throws: `FileSystemError` if the disk refuses.
  static func synchronizeFolder(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("open", folder) }
    defer { close(descriptor) }
    // Some network file systems cannot do this for folders and say so.
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP { throw FileSystemError("flush", folder) }
  }

  /// Renames, replacing a file that stands at the destination.
  ///
  /// - Throws: `FileSystemError`.
  static func rename(_ source: String, to destination: String) throws {
    guard Glibc.rename(source, destination) == 0 else {
      throw FileSystemError("move into place", destination)
    }
  }

  /// The bytes that an ordinary user may still write to the disk that holds `folder`, if it is known.
  static func freeBytes(in folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return Int(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }
}
