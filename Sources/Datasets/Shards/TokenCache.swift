import Glibc

/// Tokenised text on disk, as `.npy` arrays in one folder a data file and tokenizer.
///
/// `tokens.npy` holds the ids; for samples `ends.npy` where each ends and `loss.npy` which tokens are learnt.
/// The folder may be deleted at any time.
struct TokenCache: Sendable {
  /// The folder of this file and tokenizer.
  let folder: String

  /// Raised when the same input would give other tokens.
  private static let version = 1

  /// - Parameters:
  ///   - parent: the folder of all caches.
  ///   - file: the data.
  ///   - sequenceLength: tokens of a row, to which samples were cut.
  ///   - encoding: the tokenizer.
  init(parent: String, file: DataFile, sequenceLength: Int, encoding: TextEncoding) {
    var hash = ContentHash.fingerprint(of: file)
    hash.addModificationTime(of: file)
    hash.update(encoding.identity)
    hash.update(
      "\(Self.version) \(encoding.vocabularySize) \(sequenceLength) \(file.path.hasSuffix(".jsonl"))")
    hash.update("\(encoding.beginToken ?? -1) \(encoding.endToken ?? -1)")
    folder = "\(parent)/\(hash.text)"
  }

  /// The tokens of an earlier run; nil if there are none or if they are damaged.
  func load(isSampled: Bool, vocabularySize: Int) -> [TokenBuffer.Piece]? {
    guard let tokens = array("tokens") else { return nil }
    guard tokens.allSatisfy({ $0 >= 0 && $0 < vocabularySize }) else { return nil }
    guard isSampled else { return [TokenBuffer.Piece(tokens: tokens.map(Int32.init))] }
    guard let ends = array("ends"), let loss = array("loss"), loss.count == tokens.count,
      ends.last ?? 0 == tokens.count, zip([0] + ends, ends).allSatisfy({ $0 < $1 })
    else { return nil }
    return zip([0] + ends, ends).map { start, end in
      TokenBuffer.Piece(
        tokens: tokens[start..<end].map(Int32.init), loss: loss[start..<end].map(UInt8.init(clamping:)),
        isSampleEnd: true)
    }
  }

  private func array(_ name: String) -> [Int]? {
    guard let tokens = try? NumpyTokens(path: "\(folder)/\(name).npy") else { return nil }
    return tokens.header.shape.count == 1 ? tokens.read(0..<tokens.count) : nil
  }

  /// Keeps a complete buffer. The folder appears whole; when another rank was faster, its folder stays.
  ///
  /// - Throws: `DatasetError` of kind `unreadable` if the disk refuses.
  func store(_ buffer: TokenBuffer) throws {
    let (tokens, loss, ends) = buffer.whole()
    let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    try Self.createFolder(parent)
    let temporary = "\(folder).\(getpid())-\(UInt(bitPattern: ObjectIdentifier(buffer))).tmp"
    try Self.createFolder(temporary)
    defer { Self.removeFolder(temporary) }
    if tokens.allSatisfy({ $0 <= Int32(UInt16.max) }) {
      try Self.write(tokens.map { UInt16($0).littleEndian }, .uint16, to: "\(temporary)/tokens.npy")
    } else {
      try Self.write(tokens.map(\.littleEndian), .int32, to: "\(temporary)/tokens.npy")
    }
    if !ends.isEmpty {
      try Self.write(ends.map { Int64($0).littleEndian }, .int64, to: "\(temporary)/ends.npy")
      try Self.write(loss, .uint8, to: "\(temporary)/loss.npy")
    }
    rename(temporary, folder)
  }

  private static func createFolder(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw fault(path)
    }
    try createFolder(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw fault(path) }
  }

  private static func removeFolder(_ path: String) {
    for name in ["tokens", "ends", "loss"] { unlink("\(path)/\(name).npy") }
    rmdir(path)
  }

  private static func fault(_ path: String) -> DatasetError {
    DatasetError(
      .unreadable, file: path, found: String(cString: strerror(errno)), expected: "a cache folder to write to"
    )
  }

  private static func write<Number>(_ values: [Number], _ element: NumpyHeader.Element, to path: String)
    throws
  {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault(path) }
    defer { close(descriptor) }
    try NumpyHeader.bytes(element: element, shape: [values.count]).withUnsafeBytes {
      try write($0, descriptor, path)
    }
    try values.withUnsafeBytes { try write($0, descriptor, path) }
    guard fsync(descriptor) == 0 else { throw fault(path) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault(path) }
      written += count
    }
  }
}
