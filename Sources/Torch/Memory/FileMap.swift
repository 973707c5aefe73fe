internal import Glibc

/// A file seen as memory: pages come from disk when they are first touched.
///
/// The map is private. Writing through it changes this process's copy of a page and never the file.
public final class FileMap: Sendable {
  /// The file's path.
  public let path: String
  /// The file's size.
  public let byteCount: Int
  private let address: UInt

  /// The first byte, valid as long as this object; nil for an empty file.
  public var pointer: UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: address)
  }

  /// Maps the whole file.
  ///
  /// - Throws: `TorchError` of kind `backend` with the path and the system's reason.
  public init(path: String) throws(TorchError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileMap.failure("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileMap.failure("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TorchError(kind: .backend, op: "mmap", message: "\(path) is not a regular file")
    }
    let byteCount = Int(status.st_size)
    var pointer: UnsafeMutableRawPointer?
    if byteCount > 0 {
      pointer = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0)
      if pointer == MAP_FAILED { throw FileMap.failure("mmap", path) }
    }
    self.path = path
    self.byteCount = byteCount
    address = UInt(bitPattern: pointer)
  }

  deinit {
    if let pointer { munmap(pointer, byteCount) }
  }

  private static func failure(_ op: String, _ path: String) -> TorchError {
    TorchError(kind: .backend, op: op, message: "\(path): \(String(cString: strerror(errno)))")
  }
}
