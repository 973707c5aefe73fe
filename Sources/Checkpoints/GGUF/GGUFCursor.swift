/// Reads little-endian values one after another, never beyond the end of the file.
struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  private(set) var position = 0

  init(bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  var remaining: Int { bytes.count - position }

  /// A fixed-width number.
  ///
  /// - Throws: `FileFormatError` of kind `truncated` naming `item`.
  mutating func read<Number: FixedWidthInteger>(_ type: Number.Type = Number.self, _ item: String) throws
    -> Number
  {
    let size = MemoryLayout<Number>.size
    try require(size, item)
    let value = bytes.loadUnaligned(fromByteOffset: position, as: Number.self)
    position += size
    return Number(littleEndian: value)
  }

  /// The bytes of a text: a 64-bit length, then UTF-8.
  mutating func readTextRange(_ item: String) throws -> Range<Int> {
    let length = try read(UInt64.self, item)
    guard length <= UInt64(remaining) else {
      throw FileFormatError(
        .truncated, file: file, item: item,
        found: "a text of \(length) bytes, \(remaining) bytes before the end",
        expected: "a text within the file; it was cut short or its header is wrong")
    }
    defer { position += Int(length) }
    return position..<position + Int(length)
  }

  /// A text.
  mutating func readText(_ item: String) throws -> String {
    try text(readTextRange(item), item)
  }

  /// The text in a range of the file.
  func text(_ range: Range<Int>, _ item: String) throws -> String {
    let utf8 = UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self)
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw FileFormatError(
        .malformed, file: file, item: item, found: "bytes that are not UTF-8 at position \(range.lowerBound)",
        expected: "text in UTF-8")
    }
    return text
  }

  /// Passes over `count` items of `size` bytes each.
  mutating func skip(_ count: Int, size: Int, _ item: String) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: size)
    try require(overflow ? Int.max : total, item)
    position += total
  }

  /// A count of things that take at least `minimumBytes` each, so that no hostile count is ever allocated.
  mutating func readCount(minimumBytes: Int, _ item: String) throws -> Int {
    let count = try read(UInt64.self, item)
    guard count <= UInt64(remaining / minimumBytes) else {
      throw FileFormatError(
        .limit, file: file, item: item, found: "a count of \(count) with \(remaining) bytes before the end",
        expected: "at most \(remaining / minimumBytes), at \(minimumBytes) bytes each; "
          + "the file was cut short or its header is wrong")
    }
    return Int(count)
  }

  private func require(_ count: Int, _ item: String) throws {
    guard count <= remaining else {
      throw FileFormatError(
        .truncated, file: file, item: item, found: "the end of the file at byte \(bytes.count)",
        expected:
          "\(count == Int.max ? "a countable number of" : String(count)) bytes at position \(position)")
    }
  }
}
