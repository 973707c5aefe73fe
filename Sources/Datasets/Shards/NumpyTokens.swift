/// The token ids of a `.npy` file, read where they lie.
final class NumpyTokens: Sendable {
  let file: DataFile
  let header: NumpyHeader
  var count: Int { header.shape.reduce(1, *) }

  /// Opens a file.
  ///
  /// - Throws: `DatasetError`.
  convenience init(path: String) throws {
    try self.init(file: DataFile(path: path))
  }

  /// Reads the header of a mapped file.
  ///
  /// - Throws: `DatasetError`.
  init(file: DataFile) throws {
    self.file = file
    header = try file.withBytes { try NumpyHeader(parsing: $0, file: file.path) }
  }

  /// The ids at flat places `range`, as wide numbers.
  func read(_ range: Range<Int>) -> [Int] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) of \(count)")
    return file.withBytes { bytes in
      let start = header.dataOffset
      switch header.element {
      case .uint8: return range.map { Int(bytes[start + $0]) }
      case .uint16: return Self.load(bytes, start, range, UInt16.self)
      case .int32: return Self.load(bytes, start, range, Int32.self)
      case .uint32: return Self.load(bytes, start, range, UInt32.self)
      case .int64: return Self.load(bytes, start, range, Int64.self)
      }
    }
  }

  private static func load<Number: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ range: Range<Int>, _: Number.Type
  ) -> [Int] {
    let size = MemoryLayout<Number>.size
    return range.map { place in
      Int(Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start + place * size, as: Number.self)))
    }
  }

  /// Where the first id is that a vocabulary does not have.
  ///
  /// - Throws: `DatasetError` of kind `tokenOutOfRange`.
  func check(_ ids: [Int], from start: Int, vocabularySize: Int) throws {
    guard let offset = ids.firstIndex(where: { $0 < 0 || $0 >= vocabularySize }) else { return }
    let place = start + offset
    let columns = header.shape.last ?? 1
    throw DatasetError(
      .tokenOutOfRange, file: file.path,
      place: header.shape.count == 2
        ? "row \(place / columns), column \(place % columns)" : "position \(place)",
      found: "token id \(ids[offset])",
      expected: "ids from 0 to \(vocabularySize - 1), the model's vocabulary")
  }

  /// Checks the ids up front, so that a wrong file is refused before the first step; what lies beyond the
  /// first `limit` ids is checked when it is read.
  ///
  /// - Throws: `DatasetError` of kind `tokenOutOfRange`.
  func checkBeginning(vocabularySize: Int, limit: Int = 1 << 24) throws {
    let blockSize = 1 << 16
    for start in stride(from: 0, to: min(count, limit), by: blockSize) {
      let ids = read(start..<min(start + blockSize, count))
      try check(ids, from: start, vocabularySize: vocabularySize)
    }
  }
}
