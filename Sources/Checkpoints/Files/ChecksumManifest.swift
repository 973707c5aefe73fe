import Glibc

/// Name, size and checksum of one file of a folder.
public struct ChecksummedFile: Sendable, Equatable {
  /// The file's path below the folder.
  public let name: String
  /// Its size in bytes.
  public let byteCount: Int
  /// Its CRC-32C.
  public let crc32c: UInt32

  /// Records a file.
  public init(name: String, byteCount: Int, crc32c: UInt32) {
    self.name = name
    self.byteCount = byteCount
    self.crc32c = crc32c
  }

  /// Reads a file once and records it.
  ///
  /// - Parameters:
  ///   - name: the file's path below `folder`.
  ///   - folder: the folder.
  /// - Throws: `FileSystemError` if it cannot be read.
  public init(name: String, in folder: String) throws {
    let path = FileSystem.join(folder, name)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("open", path) }
    defer { close(descriptor) }
    var checksum = CRC32C()
    var total = 0
    try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 64) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress!, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw FileSystemError("read", path) }
        if count == 0 { break }
        checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        total += count
      }
    }
    self.init(name: name, byteCount: total, crc32c: checksum.value)
  }
}

/// The sizes and checksums of the files of a folder, kept beside them as `checksums.json`.
public struct ChecksumManifest: Sendable, Equatable {
  /// The manifest's file name.
  public static let fileName = "checksums.json"
  /// The recorded files, sorted by name.
  public let files: [ChecksummedFile]

  /// Gathers records.
  public init(_ files: [ChecksummedFile]) {
    self.files = files.sorted { $0.name < $1.name }
  }

  /// Reads a folder's manifest.
  ///
  /// - Throws: `FileSystemError` if it is not there, `FileFormatError` if it is not a manifest.
  public init(folder: String) throws {
    let path = FileSystem.join(folder, Self.fileName)
    let root = try JSONReader.read(FileSystem.read(path, limit: 1 << 26), file: path)
    guard let entries = root.object else {
      throw FileFormatError(.malformed, file: path, found: root.kindName, expected: "an object of files")
    }
    self.init(
      try entries.map { entry in
        guard let bytes = entry.value["bytes"]?.integer, bytes >= 0,
          let text = entry.value["crc32c"]?.string, let checksum = UInt32(text, radix: 16)
        else {
          throw FileFormatError(
            .malformed, file: path, item: entry.key, found: entry.value.kindName,
            expected: "{\"bytes\": count, \"crc32c\": hexadecimal number}")
        }
        return ChecksummedFile(name: entry.key, byteCount: bytes, crc32c: checksum)
      })
  }

  /// Writes the manifest into a folder, atomically.
  ///
  /// - Throws: `FileSystemError`.
  public func write(to folder: String) throws {
    let entries = files.map { file in
      (
        key: file.name,
        value: JSONValue.object([
          ("bytes", .integer(file.byteCount)), ("crc32c", .string(Self.hexadecimal(file.crc32c))),
        ])
      )
    }
    try AtomicFile.write(
      JSONValue.object(entries).text(indented: true) + "\n", to: FileSystem.join(folder, Self.fileName))
  }

  /// Reads every recorded file and compares.
  ///
  /// - Parameters:
  ///   - folder: where the files are.
  ///   - names: the files to check; all by default.
  /// - Throws: `FileFormatError` of kind `missing`, `truncated` or `damaged` naming the first file that
  ///   differs.
  public func verify(folder: String, names: Set<String>? = nil) throws {
    for recorded in files where names?.contains(recorded.name) ?? true {
      try verify(recorded, path: FileSystem.join(folder, recorded.name), folder: folder)
    }
  }

  /// Compares the sizes of all recorded files, without reading them.
  ///
  /// - Throws: `FileFormatError` of kind `missing`, `truncated` or `damaged` naming the first file that differs.
  public func verifySizes(folder: String) throws {
    for recorded in files { try verifySize(recorded, path: FileSystem.join(folder, recorded.name)) }
  }

  private func verify(_ recorded: ChecksummedFile, path: String, folder: String) throws {
    try verifySize(recorded, path: path)
    let actual = try ChecksummedFile(name: recorded.name, in: folder)
    guard actual.crc32c == recorded.crc32c else {
      throw FileFormatError(
        .damaged, file: path, found: "CRC-32C \(Self.hexadecimal(actual.crc32c))",
        expected:
          "\(Self.hexadecimal(recorded.crc32c)) as recorded in \(Self.fileName); the file was changed"
      )
    }
  }

  private func verifySize(_ recorded: ChecksummedFile, path: String) throws {
    guard FileSystem.entry(at: path) == .file else {
      throw FileFormatError(
        .missing, file: path, found: "no file", expected: "the file recorded in \(Self.fileName)")
    }
    let size = try FileSystem.byteCount(of: path)
    guard size == recorded.byteCount else {
      throw FileFormatError(
        size < recorded.byteCount ? .truncated : .damaged, file: path, found: "\(size) bytes",
        expected: "\(recorded.byteCount) bytes as recorded in \(Self.fileName)")
    }
  }

  static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
