internal import CAsyncFiles
internal import Glibc

/// An open file for ``AsyncFileHandle``, whose data bypass the page cache where the file system lets them.
///
/// A file holds plain bytes. It is as long as the furthest byte written, reserved or set by ``truncate(to:)``; nothing
/// is padded. Closed when the object ends.
public final class AsyncFile: Sendable {
  /// What the file is opened for.
  public enum Mode: Sendable {
    /// Reading a file that exists.
    case read
    /// Reading and writing; the file is made where it does not exist, and keeps what it has.
    case update
    /// Reading and writing a new file. It must not exist, and its name goes at once: the system frees it when this
    /// object ends or the process is killed.
    case scratch
  }

  /// Blocks that bypass the page cache start and end at multiples of this.
  static let pageSize = 4096

  /// The path under which it was opened.
  public let path: String
  /// Whether whole blocks bypass the page cache (`O_DIRECT`).
  public var bypassesPageCache: Bool { direct >= 0 }
  private let direct: Int32
  private let buffered: Int32
  private let memoryAlignment: Int

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - mode: what for.
  ///   - bypassesPageCache: false sends everything through the page cache. Where the file system cannot bypass it
  ///     nothing else is possible.
  /// - Throws: ``AsyncFileError`` with the path.
  public init(path: String, mode: Mode, bypassesPageCache: Bool = true) throws(AsyncFileError) {
    let access =
      switch mode {
      case .read: O_RDONLY
      case .update: O_RDWR | O_CREAT
      case .scratch: O_RDWR | O_CREAT | O_EXCL
      }
    let buffered = Glibc.open(path, access | O_CLOEXEC, 0o644)
    guard buffered >= 0 else { throw AsyncFileError(.system(.open, path: path, code: errno)) }
    self.path = path
    self.buffered = buffered
    let direct = bypassesPageCache ? ca_open_direct(path, access & O_ACCMODE) : -1
    let alignment = ca_direct_alignment(direct)
    // Blocks are cut at pages: a file that asks for more is read through the cache.
    let isUsable = direct >= 0 && alignment.offset <= AsyncFile.pageSize
    if direct >= 0, !isUsable { close(direct) }
    self.direct = isUsable ? direct : -1
    memoryAlignment = Int(alignment.memory)
    if case .scratch = mode, unlink(path) != 0 {
      throw AsyncFileError(.system(.remove, path: path, code: errno))
    }
    // The cache serves only the edges of transfers: reading ahead would be for nothing.
    if isUsable { posix_fadvise(buffered, 0, 0, POSIX_FADV_RANDOM) }
  }

  deinit {
    if direct >= 0 { close(direct) }
    close(buffered)
  }

  /// Bytes of the file now.
  ///
  /// - Throws: ``AsyncFileError``.
  public var byteCount: Int {
    get throws(AsyncFileError) {
      var status = stat()
      guard fstat(buffered, &status) == 0 else { throw AsyncFileError(.system(.open, path: path, code: errno)) }
      return Int(status.st_size)
    }
  }

  /// Makes the file at least this long and sets the space of the disk aside, so that no later write of these bytes
  /// finds the disk full, and writes need not extend the file one after another. Where the file system cannot, it
  /// does nothing.
  ///
  /// - Throws: ``AsyncFileError``, as when the disk is full; the file may then be longer than before.
  public func reserve(byteCount: Int) throws(AsyncFileError) {
    guard byteCount > 0 else { return }
    let code = ca_reserve(buffered, Int64(byteCount))
    // Devices and pipes have no length (ENODEV, ESPIPE).
    guard [0, EOPNOTSUPP, ENOSYS, ENODEV, ESPIPE].contains(code) else {
      throw AsyncFileError(.system(.reserve, path: path, code: code))
    }
  }

  /// Gives the file this length.
  ///
  /// - Throws: ``AsyncFileError``.
  public func truncate(to byteCount: Int) throws(AsyncFileError) {
    guard ftruncate(buffered, byteCount) == 0 else {
      throw AsyncFileError(.system(.truncate, path: path, code: errno))
    }
  }

  /// Waits until everything written survives a loss of power.
  ///
  /// - Throws: ``AsyncFileError``.
  public func synchronize() throws(AsyncFileError) {
    guard fdatasync(buffered) == 0 else { throw AsyncFileError(.system(.synchronize, path: path, code: errno)) }
  }

  /// A path under which other processes of this user can open the file while this object lives, also one without a
  /// name.
  public var pathForOthers: String { "/proc/\(getpid())/fd/\(buffered)" }

  /// The file as C sees it, valid as long as this object.
  var cFile: ca_file {
    ca_file(
      direct: direct, buffered: buffered, offset_alignment: Int64(AsyncFile.pageSize),
      memory_alignment: Int64(memoryAlignment))
  }
}
