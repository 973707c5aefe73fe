import Glibc
import Synchronization

/// A file that appears under its name complete or not at all.
///
/// The bytes go to a hidden temporary file beside the destination. `commit` makes them durable, renames the
/// file over the destination and makes the rename durable. Whatever interrupts this (an error, `kill -9`, a
/// power failure) leaves the file that stood there before. Without `commit` the temporary file is removed.
public final class AtomicFile {
  /// Where the file will stand.
  public let path: String
  /// The bytes written so far.
  public private(set) var byteCount = 0
  /// The checksum of the bytes written so far.
  public private(set) var checksum = CRC32C()

  private let temporaryPath: String
  private var descriptor: Int32
  private static let nextNumber = Atomic<Int>(0)

  /// Opens a temporary file beside `path`, making the folder if it does not exist.
  ///
  /// - Parameters:
  ///   - path: where the file will stand after `commit`.
  ///   - expectedByteCount: the size to come, if known: too little free space is then an error at once.
  /// - Throws: `FileSystemError`.
  public init(path: String, expectedByteCount: Int? = nil) throws {
    let (folder, name) = FileSystem.split(path)
    if FileSystem.entry(at: path) == .folder { throw FileSystemError("write", path, code: EISDIR) }
    // Renaming a file over a device would destroy the device.
    if FileSystem.entry(at: path) == .other {
      throw FileSystemError("write", path, code: EINVAL, detail: "it is a device or a pipe, a regular file is needed")
    }
    try FileSystem.createFolder(folder)
    if let expectedByteCount, let free = FileSystem.freeBytes(in: folder), free < expectedByteCount {
      throw FileSystemError(
        "write", path, code: ENOSPC, detail: "\(expectedByteCount) bytes needed, \(free) free")
    }
    let number = Self.nextNumber.add(1, ordering: .relaxed).newValue
    self.path = path
    temporaryPath = FileSystem.join(folder, ".\(name).\(getpid())-\(number).tmp")
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileSystemError("write", path) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileSystemError` with what was written so far, as when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(descriptor >= 0, "write after commit of \(path)")
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let code = count < 0 ? errno : ENOSPC
        throw FileSystemError(
          "write", path, code: code, detail: "after \(byteCount + written) bytes")
      }
      written += count
    }
    checksum.update(bytes)
    byteCount += bytes.count
  }

  /// Appends bytes.
  ///
  /// - Throws: `FileSystemError`.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Appends a text in UTF-8.
  ///
  /// - Throws: `FileSystemError`.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Makes the bytes durable and gives the file its name.
  ///
  /// - Throws: `FileSystemError`; the destination is then as it was before.
  public func commit() throws {
    precondition(descriptor >= 0, "second commit of \(path)")
    guard fsync(descriptor) == 0 else { throw FileSystemError("flush", path) }
    let closing = descriptor
    descriptor = -1
    guard close(closing) == 0 else {
      let error = FileSystemError("close", path)
      unlink(temporaryPath)
      throw error
    }
    do {
      try FileSystem.rename(temporaryPath, to: path)
    } catch {
      unlink(temporaryPath)
      throw error
    }
    try FileSystem.synchronizeFolder(FileSystem.split(path).folder)
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Writes a whole file at once.
  ///
  /// - Returns: its size and checksum.
  /// - Throws: `FileSystemError`.
  @discardableResult
  public static func write(_ bytes: [UInt8], to path: String) throws -> ChecksummedFile {
    let file = try AtomicFile(path: path, expectedByteCount: bytes.count)
    try file.write(bytes)
    try file.commit()
    return file.summary
  }

  /// Writes a whole text file in UTF-8 at once.
  ///
  /// - Returns: its size and checksum.
  /// - Throws: `FileSystemError`.
  @discardableResult
  public static func write(_ text: String, to path: String) throws -> ChecksummedFile {
    try write(Array(text.utf8), to: path)
  }

  /// Name, size and checksum of what was written, for a `ChecksumManifest`.
  public var summary: ChecksummedFile {
    ChecksummedFile(name: FileSystem.split(path).name, byteCount: byteCount, crc32c: checksum.value)
  }
}
