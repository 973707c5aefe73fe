/// Cuts a long text into pieces that are tokenised one by one, where a cut does not change the tokens.
///
/// A cut falls behind a line break that stands between two characters that are no whitespace: tokenizers that
/// cut at whitespace see the same words on both sides. Text without such places is not cut.
struct TextChunks {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private let size: Int
  private var position = 0

  /// - Parameter size: the least number of bytes of a piece but the last.
  init(_ bytes: UnsafeRawBufferPointer, file: String, size: Int = 1 << 19) {
    self.bytes = bytes
    self.file = file
    self.size = size
    // The mark that some editors write is no text.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next piece, nil at the end.
  ///
  /// - Throws: `DatasetError` of kind `invalidText` with the position in the file.
  mutating func next() throws -> String? {
    guard position < bytes.count else { return nil }
    let end = cut(from: position + size)
    defer { position = end }
    return try UTF8Check.text(
      UnsafeRawBufferPointer(rebasing: bytes[position..<end]), file: file, offset: position)
  }

  private func cut(from start: Int) -> Int {
    var place = max(start, 2)
    while place < bytes.count {
      if bytes[place - 1] == UInt8(ascii: "\n"), Self.isInk(bytes[place - 2]), Self.isInk(bytes[place]) {
        return place
      }
      place += 1
    }
    return bytes.count
  }

  /// True for visible ASCII: bytes of longer characters may belong to exotic spaces.
  private static func isInk(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F
  }
}

/// Texts out of bytes, with the place of the first fault.
enum UTF8Check {
  /// The text of the bytes.
  ///
  /// - Parameters:
  ///   - file: the path that errors name.
  ///   - offset: where the bytes begin in the file.
  /// - Throws: `DatasetError` of kind `invalidText`.
  static func text(_ bytes: UnsafeRawBufferPointer, file: String, offset: Int) throws -> String {
    if let text = String(validating: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self) { return text }
    let place = firstFault(bytes)
    let found = bytes[place...].prefix(4).map { byte in
      "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    throw DatasetError(
      .invalidText, file: file, place: "byte \(offset + place)", found: "\(found.joined(separator: " "))",
      expected: "text in UTF-8; convert the file, for example with iconv")
  }

  private static func firstFault(_ bytes: UnsafeRawBufferPointer) -> Int {
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): position += scalar.count
      case .error, .emptyInput: return min(position, bytes.count - 1)
      }
    }
  }
}
