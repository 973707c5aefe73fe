/// A position that an editor shows.
public struct TextPlace: Sendable, Equatable {
  /// Counted from 1.
  public let line: Int
  /// Counted from 1, in Unicode scalars.
  public let column: Int

  /// A position.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// The lines of a UTF-8 text.
struct TextPlaces: Sendable {
  private let bytes: [UInt8]
  private let lineStarts: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
    lineStarts = starts
  }

  /// Line and column of a byte; offsets beyond the end give the end.
  func place(of offset: Int) -> TextPlace {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let isContinuation = { (byte: UInt8) in byte & 0xC0 == 0x80 }
    let column = bytes[lineStarts[low]..<offset].reduce(1) { isContinuation($1) ? $0 : $0 + 1 }
    return TextPlace(line: low + 1, column: column)
  }

  /// The first line whose bytes are not UTF-8, counted from 1.
  var firstInvalidLine: Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    for (line, start) in lineStarts.enumerated() {
      let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
      if String(validating: bytes[start..<end], as: UTF8.self) == nil { return line + 1 }
    }
    return 1
  }
}
