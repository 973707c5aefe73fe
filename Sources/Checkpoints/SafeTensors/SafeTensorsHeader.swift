public import Torch

/// What a safetensors file says about its tensors, checked against the rules of the format and the file's
/// size.
public struct SafeTensorsHeader: Sendable {
  /// One tensor of the file.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The element type.
    public let dtype: DType
    /// The shape, outermost dimension first.
    public let shape: [Int]
    /// Where the values are, in bytes from the beginning of the file.
    public let byteRange: Range<Int>
  }

  /// The tensors in the order of their values.
  public let entries: [Entry]
  /// Free text that the writer left, `format` among it.
  public let metadata: [String: String]

  /// Parses and checks the header of a whole file in memory.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - file: the path that errors name.
  /// - Throws: `FileFormatError`.
  public init(parsing bytes: UnsafeRawBufferPointer, file: String) throws {
    let length = try Self.headerLength(bytes, file: file)
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length])
    guard text.first == UInt8(ascii: "{") else {
      throw FileFormatError(
        .foreign, file: file, found: "a header that is not a JSON object",
        expected: "a safetensors file, whose header begins with '{'")
    }
    let root = try JSONReader.read(text.assumingMemoryBound(to: UInt8.self), file: file)
    let parser = Parser(file: file, dataStart: 8 + length, fileBytes: bytes.count)
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    for (name, value) in root.object ?? [] {
      if name == SafeTensorsFormat.metadataKey {
        metadata = try parser.metadata(value)
      } else {
        entries.append(try parser.entry(name, value))
      }
    }
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try parser.checkCoverage(entries)
    self.entries = entries
    self.metadata = metadata
  }

  private static func headerLength(_ bytes: UnsafeRawBufferPointer, file: String) throws -> Int {
    guard bytes.count >= 8 else {
      throw FileFormatError(
        .truncated, file: file, found: "\(bytes.count) bytes",
        expected: "at least the 8 bytes of the header length")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(SafeTensorsFormat.headerLimit) else {
      throw FileFormatError(
        .limit, file: file, found: "a header length of \(length) bytes",
        expected: "at most \(SafeTensorsFormat.headerLimit); this is probably not a safetensors file")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw FileFormatError(
        .truncated, file: file, found: "a file of \(bytes.count) bytes",
        expected: "the header's \(length) bytes after the first 8; the file was cut short")
    }
    return Int(length)
  }
}

/// The checks of one file's entries.
private struct Parser {
  let file: String
  let dataStart: Int
  let fileBytes: Int
  var dataBytes: Int { fileBytes - dataStart }

  func fault(
    _ kind: FileFormatError.Kind, _ name: String, _ found: String, _ expected: String
  ) -> FileFormatError {
    FileFormatError(kind, file: file, item: "tensor '\(name)'", found: found, expected: expected)
  }

  func metadata(_ value: JSONValue) throws -> [String: String] {
    guard let pairs = value.object else {
      throw FileFormatError(
        .malformed, file: file, item: SafeTensorsFormat.metadataKey, found: value.kindName,
        expected: "an object of texts")
    }
    var metadata: [String: String] = [:]
    for (key, value) in pairs {
      guard let text = value.string else {
        throw FileFormatError(
          .malformed, file: file, item: "\(SafeTensorsFormat.metadataKey) '\(key)'", found: value.kindName,
          expected: "a text")
      }
      metadata[key] = text
    }
    return metadata
  }

  func entry(_ name: String, _ value: JSONValue) throws -> SafeTensorsHeader.Entry {
    guard value.object != nil else {
      throw fault(.malformed, name, value.kindName, "an object with dtype, shape and data_offsets")
    }
    let dtype = try dtype(name, value["dtype"])
    let shape = try shape(name, value["shape"])
    let range = try offsets(name, value["data_offsets"])
    guard let size = Self.byteCount(shape, dtype) else {
      throw fault(.limit, name, "the shape \(shape)", "at most 2^63 bytes")
    }
    guard range.count == size else {
      throw fault(
        .malformed, name, "\(range.count) bytes between its data_offsets",
        "\(size) bytes for \(SafeTensorsFormat.spelling(of: dtype)) of shape \(shape)")
    }
    return .init(
      name: name, dtype: dtype, shape: shape,
      byteRange: dataStart + range.lowerBound..<dataStart + range.upperBound)
  }

  private func dtype(_ name: String, _ value: JSONValue?) throws -> DType {
    guard let value else {
      throw fault(.malformed, name, "no dtype", "one of \(SafeTensorsFormat.supportedSpellings)")
    }
    guard let spelling = value.string, let dtype = SafeTensorsFormat.dtype(spelled: spelling) else {
      throw fault(
        .unsupported, name, "dtype \(value.kindName)", "one of \(SafeTensorsFormat.supportedSpellings)")
    }
    return dtype
  }

  private func shape(_ name: String, _ value: JSONValue?) throws -> [Int] {
    guard let values = value?.array else {
      throw fault(.malformed, name, "shape \(value?.kindName ?? "missing")", "an array of sizes")
    }
    return try values.map { size in
      guard let size = size.integer, size >= 0 else {
        throw fault(.malformed, name, "\(size.kindName) in the shape", "whole numbers from 0 on")
      }
      return size
    }
  }

  private func offsets(_ name: String, _ value: JSONValue?) throws -> Range<Int> {
    guard let pair = value?.array, pair.count == 2, let begin = pair[0].integer, let end = pair[1].integer
    else {
      throw fault(.malformed, name, "data_offsets \(value?.text() ?? "missing")", "[begin, end] in bytes")
    }
    guard begin >= 0, begin <= end else {
      throw fault(.malformed, name, "data_offsets [\(begin), \(end)]", "0 <= begin <= end")
    }
    guard end <= dataBytes else {
      throw fault(
        .truncated, name, "data_offsets [\(begin), \(end)] in a file with \(dataBytes) bytes of values",
        "values within the file; it was cut short or its header is wrong")
    }
    return begin..<end
  }

  /// Nil when the size does not fit 63 bits.
  static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    // A later zero must not hide an overflow that the sizes before it cause.
    if shape.contains(0) { return 0 }
    var size = dtype.byteCount
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      size = product
    }
    return size
  }

  /// The format allows neither holes nor overlaps, so that no byte of a file hides.
  func checkCoverage(_ entries: [SafeTensorsHeader.Entry]) throws {
    var position = dataStart
    var previous: SafeTensorsHeader.Entry?
    for entry in entries {
      let begin = entry.byteRange.lowerBound
      if begin < position, let previous {
        throw fault(
          .malformed, entry.name,
          "values that begin \(position - begin) bytes before the end of '\(previous.name)'",
          "values that do not overlap")
      }
      if begin > position {
        throw fault(
          .malformed, entry.name, "\(begin - position) unused bytes before its values",
          "no gaps between tensors")
      }
      position = entry.byteRange.upperBound
      previous = entry
    }
    guard position == fileBytes else {
      throw FileFormatError(
        .malformed, file: file, found: "\(fileBytes - position) bytes after the last tensor",
        expected: "nothing there")
    }
  }
}
