import Glibc

/// Tokenised text on disk, as `.npy` arrays in one folder a data file and tokenizer.
///
/// `tokens.npy` holds the ids; for samples `ends.npy` where each ends and `loss.npy` which tokens are learnt;
/// `facts.npy` how many samples were cut or passed over, and a hash of the rest. The folder may be deleted at
/// any time.
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

  /// What an earlier run left.
  struct Kept {
    var pieces: [TokenBuffer.Piece]
    var losses: TokenBuffer.Losses
  }

  /// The tokens of an earlier run; nil if there are none or if they are damaged.
  func load(isSampled: Bool) -> Kept? {
    guard let tokens = array("tokens")?.map(Int32.init(truncatingIfNeeded:)), let facts = array("facts"),
      facts.count == 3
    else { return nil }
    let ends = array("ends") ?? []
    let loss = (array("loss") ?? []).map(UInt8.init(clamping:))
    guard facts[2] == Self.hash(tokens, loss, ends), isSampled == !ends.isEmpty,
      zip([0] + ends, ends).allSatisfy({ $0 < $1 && $1 <= tokens.count }),
      ends.isEmpty || loss.count == tokens.count
    else { return nil }
    let losses = TokenBuffer.Losses(cutCount: facts[0], passedOverCount: facts[1])
    guard isSampled else { return Kept(pieces: [TokenBuffer.Piece(tokens: tokens)], losses: losses) }
    let pieces = zip([0] + ends, ends).map { start, end in
      TokenBuffer.Piece(tokens: Array(tokens[start..<end]), loss: Array(loss[start..<end]), isSampleEnd: true)
    }
    return Kept(pieces: pieces, losses: losses)
  }

  private func array(_ name: String) -> [Int]? {
    guard let tokens = try? NumpyTokens(path: "\(folder)/\(name).npy") else { return nil }
    return tokens.header.shape.count == 1 ? tokens.read(0..<tokens.count) : nil
  }

  private static func hash(_ tokens: [Int32], _ loss: [UInt8], _ ends: [Int]) -> Int {
    var hash = ContentHash()
    tokens.withUnsafeBytes { hash.update($0) }
    loss.withUnsafeBytes { hash.update($0) }
    ends.withUnsafeBytes { hash.update($0) }
    return hash.word
  }

  /// Keeps a complete buffer. The folder appears whole and replaces one that could not be used.
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
    let losses = buffer.losses
    let facts = [losses.cutCount, losses.passedOverCount, Self.hash(tokens, loss, ends)]
    try Self.write(facts.map { Int64($0).littleEndian }, .int64, to: "\(temporary)/facts.npy")
    if rename(temporary, folder) != 0 {
      Self.removeFolder(folder)
      rename(temporary, folder)
    }
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
    for name in ["tokens", "ends", "loss", "facts"] { unlink("\(path)/\(name).npy") }
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
