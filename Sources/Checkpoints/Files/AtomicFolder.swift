import CKernels
import Glibc
import Synchronization

/// A folder that appears under its name complete or not at all.
///
/// Files are written into a hidden folder beside the destination; `commit` puts it in place of what stood
/// there in one step. Whatever interrupts this leaves the earlier folder. Without `commit` the hidden folder
/// is removed.
public final class AtomicFolder {
  /// Where the folder will stand.
  public let path: String
  /// The hidden folder to write into meanwhile.
  public let temporaryPath: String
  private var isCommitted = false
  private static let nextNumber = Atomic<Int>(0)

  /// Makes the hidden folder.
  ///
  /// - Parameter path: where the folder will stand after `commit`.
  /// - Throws: `FileSystemError`.
  public init(path: String) throws {
    let (parent, name) = FileSystem.split(path)
    if FileSystem.entry(at: path) == .file {
      throw FileSystemError("write folder", path, code: ENOTDIR)
    }
    try FileSystem.createFolder(parent)
    let number = Self.nextNumber.add(1, ordering: .relaxed).newValue
    self.path = path
    temporaryPath = FileSystem.join(parent, ".\(name).\(getpid())-\(number).tmp")
    try FileSystem.remove(temporaryPath)
    guard mkdir(temporaryPath, 0o755) == 0 else { throw FileSystemError("write folder", path) }
  }

  /// Makes everything written durable and gives the folder its name. An earlier folder of that name is
  /// removed.
  ///
  /// - Throws: `FileSystemError`; the earlier folder then still stands.
  public func commit() throws {
    precondition(!isCommitted, "second commit of \(path)")
    try FileSystem.synchronizeFolder(temporaryPath)
    let parent = FileSystem.split(path).folder
    if FileSystem.entry(at: path) == .nothing {
      try FileSystem.rename(temporaryPath, to: path)
    } else {
      try replace()
    }
    isCommitted = true
    try FileSystem.synchronizeFolder(parent)
  }

  private func replace() throws {
    let code = ck_exchange_paths(temporaryPath, path)
    if code == 0 {
      try FileSystem.remove(temporaryPath)
      return
    }
    // Some file systems cannot exchange: then the old folder steps aside for an instant.
    guard code == EINVAL || code == ENOSYS else { throw FileSystemError("move into place", path, code: code) }
    let aside = temporaryPath + ".old"
    try FileSystem.rename(path, to: aside)
    do {
      try FileSystem.rename(temporaryPath, to: path)
    } catch {
      try FileSystem.rename(aside, to: path)
      throw error
    }
    try FileSystem.remove(aside)
  }

  deinit {
    // Nobody can be told from here; the hidden name shows what is left over.
    if !isCommitted { try? FileSystem.remove(temporaryPath) }
  }
}
