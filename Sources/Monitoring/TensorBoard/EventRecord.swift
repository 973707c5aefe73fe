/// The bytes of TensorBoard's event files: protocol buffer messages inside checksummed records.
enum EventRecord {
  /// The first record of every event file.
  static func fileVersion(time: Double) -> [UInt8] {
    var event = MessageBytes()
    event.double(field: 1, time)
    event.bytes(field: 3, Array("brain.Event:2".utf8))
    return record(event.content)
  }

  /// A record with one scalar.
  static func scalar(name: String, value: Float, step: Int, time: Double) -> [UInt8] {
    var entry = MessageBytes()
    entry.bytes(field: 1, Array(name.utf8))
    entry.float(field: 2, value)
    var summary = MessageBytes()
    summary.bytes(field: 1, entry.content)
    var event = MessageBytes()
    event.double(field: 1, time)
    event.integer(field: 2, step)
    event.bytes(field: 5, summary.content)
    return record(event.content)
  }

  /// Length, checksum of the length, content, checksum of the content; all numbers little-endian.
  static func record(_ content: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(content.count))
    return length + littleEndian(CRC32C.masked(length)) + content + littleEndian(CRC32C.masked(content))
  }

  static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// A protocol buffer message under construction.
struct MessageBytes {
  private enum Kind: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private(set) var content: [UInt8] = []

  mutating func integer(field: UInt64, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(field: UInt64, _ value: Double) {
    key(field, .fixed64)
    content += EventRecord.littleEndian(value.bitPattern)
  }

  mutating func float(field: UInt64, _ value: Float) {
    key(field, .fixed32)
    content += EventRecord.littleEndian(value.bitPattern)
  }

  mutating func bytes(field: UInt64, _ value: [UInt8]) {
    key(field, .lengthDelimited)
    varint(UInt64(value.count))
    content += value
  }

  private mutating func key(_ field: UInt64, _ kind: Kind) { varint(field << 3 | kind.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      content.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    content.append(UInt8(rest))
  }
}
