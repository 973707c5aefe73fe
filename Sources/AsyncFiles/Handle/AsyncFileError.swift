internal import Glibc

/// What could not be done with a file, why, and what to do about it.
public struct AsyncFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was attempted.
  public enum Attempt: String, Sendable {
    /// Opening or making the file.
    case open
    /// Reading.
    case read
    /// Writing.
    case write
    /// Setting space of the disk aside.
    case reserve
    /// Changing the file's length.
    case truncate = "change the length of"
    /// Making what was written durable.
    case synchronize = "flush"
    /// Taking the file's name away.
    case remove
    /// Making a folder.
    case makeFolder = "make the folder"
  }

  /// Why it could not be done.
  public enum Reason: Sendable, Equatable {
    /// The kernel refused, with this error number.
    case system(Attempt, path: String, code: Int32)
    /// The kernel refused a block of a read or write that starts at `offset`, in bytes from the file's start.
    case block(Attempt, path: String, offset: Int, code: Int32)
    /// The file ends at `offset`, before the last of the bytes that were to be read.
    case endOfFile(path: String, offset: Int, expected: Range<Int>)
    /// The kernel did not start what reads and writes files.
    case start(code: Int32)
    /// All buffers of a pool are in use.
    case noBuffer(count: Int)
    /// A tensor is larger than the buffers of a pool.
    case bufferTooSmall(byteCount: Int, needed: Int)
    /// Memory for buffers could not be had.
    case memory(byteCount: Int, code: Int32)
    /// A setting is out of range.
    case setting(name: String, found: Int, expected: String)
  }

  /// Why it could not be done.
  public let reason: Reason

  /// An error for this reason.
  public init(_ reason: Reason) {
    self.reason = reason
  }

  /// The file; nil where no file was at fault.
  public var path: String? {
    switch reason {
    case .system(_, let path, _), .block(_, let path, _, _), .endOfFile(let path, _, _): path
    case .start, .noBuffer, .bufferTooSmall, .memory, .setting: nil
    }
  }

  /// The error number of the system; nil where it gave none.
  public var code: Int32? {
    switch reason {
    case .system(_, _, let code), .block(_, _, _, let code), .start(let code), .memory(_, let code): code
    case .endOfFile, .noBuffer, .bufferTooSmall, .setting: nil
    }
  }

  /// One line: what could not be done, the system's reason, the remedy.
  public var description: String {
    var text =
      switch reason {
      case .system(let attempt, let path, _): "cannot \(attempt.rawValue) \(path)"
      case .block(let attempt, let path, let offset, _): "cannot \(attempt.rawValue) \(path) at byte \(offset)"
      case .endOfFile(let path, let offset, let expected):
        "cannot read bytes \(expected.lowerBound) to \(expected.upperBound) of \(path): it ends at byte \(offset); "
          + "it was cut short or is another file than the one written"
      case .start: "cannot start asynchronous reads and writes"
      case .noBuffer(let count):
        "all \(count) buffers of the pool are in use; raise buffer_count or give buffers back earlier"
      case .bufferTooSmall(let byteCount, let needed):
        "\(needed) bytes do not fit in a buffer of \(byteCount); raise buffer_size"
      case .memory(let byteCount, _): "cannot get \(byteCount) bytes for buffers"
      case .setting(let name, let found, let expected): "\(name) is \(found), expected \(expected)"
      }
    if let code { text += ": \(String(cString: strerror(code)))" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  private var remedy: String? {
    switch code {
    case ENOSPC, EDQUOT: "free some space or choose a folder on another disk"
    case EFBIG: "raise the limit of the file size (ulimit -f)"
    case EACCES, EPERM: "check the permissions of the file and of its folder"
    case EROFS: "the disk is mounted read-only; choose another folder"
    case ENOENT: "check the path"
    case ENOTDIR: "a part of the path is a file, not a folder"
    case EISDIR: "the path is a folder, a file is needed"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case EIO: "the disk or its connection is broken; see the system's log"
    case ENOMEM: "ask for fewer or smaller buffers, or less queue depth"
    case ENOSYS: "take the backend of threads"
    default: nil
    }
  }
}
