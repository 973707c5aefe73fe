import Glibc

/// Says which operation on which path the operating system refused, why, and what to do about it.
public struct FileSystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was attempted, as a verb: "open", "write", "rename".
  public let operation: String
  /// The path it was attempted on.
  public let path: String
  /// The operating system's error number.
  public let code: Int32
  /// What is known beyond the error number, for example the bytes that were needed.
  public let detail: String?

  /// Describes a refused operation.
  ///
  /// - Parameters:
  ///   - operation: what was attempted, as a verb.
  ///   - path: the path it was attempted on.
  ///   - code: the error number; the calling thread's current one by default.
  ///   - detail: further facts.
  public init(_ operation: String, _ path: String, code: Int32? = nil, detail: String? = nil) {
    self.operation = operation
    self.path = path
    self.code = code ?? errno
    self.detail = detail
  }

  /// One line: what could not be done, the system's reason, the remedy.
  public var description: String {
    var text = "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    if let detail { text += " (\(detail))" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  private var remedy: String? {
    switch code {
    case ENOSPC, EDQUOT: "free some space or choose a folder on another disk"
    case EACCES, EPERM: "check the permissions of the file and of its folder"
    case EROFS: "the disk is mounted read-only; choose another folder"
    case ENOENT: "check the path"
    case ENOTDIR: "a part of the path is a file, not a folder"
    case EISDIR: "the path is a folder, a file is needed"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case EFBIG: "raise the limit of the file size (ulimit -f)"
    default: nil
    }
  }
}
