/// What a GGUF file (version 2 or 3) says about itself, checked against the file's size.
///
/// Source: the format page `docs/gguf.md` of https://github.com/ggml-org/ggml.
public struct GGUFHeader: Sendable {
  /// One tensor of the file.
  public struct TensorInfo: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The shape, outermost dimension first (the file counts the other way).
    public let shape: [Int]
    /// ggml's number of the element format.
    public let formatNumber: UInt32
    /// The offset of the values, in bytes from the beginning of the file.
    public let byteOffset: Int

    /// ggml's name of the element format, such as `Q4_1`.
    public var formatName: String { GGUFTensorFormat.name(ofNumber: formatNumber) }
    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }
  }

  /// The version of the format.
  public let version: Int
  /// The metadata by key.
  public let metadata: [String: GGUFValue]
  /// The tensors in the order of the file.
  public let tensors: [TensorInfo]

  /// ggml has no tensors of more dimensions.
  private static let dimensionLimit: UInt32 = 4
  private static let nestingLimit = 4

  /// Parses and checks the header of a whole file in memory.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - file: the path that errors name.
  /// - Throws: `FileFormatError`.
  public init(parsing bytes: UnsafeRawBufferPointer, file: String) throws {
    var cursor = GGUFCursor(bytes: bytes, file: file)
    version = try Self.readVersion(&cursor)
    let tensorCount = try cursor.readCount(minimumBytes: 32, "tensor count")
    let valueCount = try cursor.readCount(minimumBytes: 13, "metadata count")
    metadata = try Self.readMetadata(&cursor, count: valueCount)
    let alignment = try Self.alignment(metadata, file: file)
    var infos: [TensorInfo] = []
    var names: Set<String> = []
    infos.reserveCapacity(tensorCount)
    for index in 0..<tensorCount {
      let info = try Self.readInfo(&cursor, index: index)
      guard names.insert(info.name).inserted else {
        throw FileFormatError(
          .duplicate, file: file, item: "tensor '\(info.name)'", found: "the name twice",
          expected: "each name once")
      }
      infos.append(info)
    }
    // A file without tensors (a vocabulary) may end right after its metadata.
    let dataStart = (cursor.position + alignment - 1) / alignment * alignment
    tensors = try Self.place(infos, dataStart: dataStart, alignment: alignment, cursor: cursor)
  }

  private static func readVersion(_ cursor: inout GGUFCursor) throws -> Int {
    let magic = try? cursor.read(UInt32.self, "magic number")
    guard magic == 0x4655_4747 else {
      throw FileFormatError(
        .foreign, file: cursor.file, found: "another beginning",
        expected: "a GGUF file, which begins with 'GGUF'")
    }
    let version = try cursor.read(UInt32.self, "version")
    guard version == 2 || version == 3 else {
      let isSwapped = version.byteSwapped < 16 && version > 0
      throw FileFormatError(
        .unsupported, file: cursor.file,
        found: isSwapped ? "a big-endian file" : "version \(version)",
        expected: isSwapped ? "a little-endian one" : "version 2 or 3; convert the model anew")
    }
    return Int(version)
  }

  private static func readMetadata(_ cursor: inout GGUFCursor, count: Int) throws -> [String: GGUFValue] {
    var metadata: [String: GGUFValue] = [:]
    for index in 0..<count {
      let key = try cursor.readText("metadata key \(index)")
      let item = "key '\(key)'"
      let type = try readType(&cursor, item)
      let value = try readValue(&cursor, type, item, depth: 0)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw FileFormatError(
          .duplicate, file: cursor.file, item: item, found: "the key twice", expected: "each key once")
      }
    }
    return metadata
  }

  private static func readType(_ cursor: inout GGUFCursor, _ item: String) throws -> GGUFValueType {
    let number = try cursor.read(UInt32.self, item)
    guard let type = GGUFValueType(rawValue: number) else {
      throw FileFormatError(
        .malformed, file: cursor.file, item: item, found: "value type \(number)",
        expected: "a type from 0 to 12")
    }
    return type
  }

  private static func readValue(
    _ cursor: inout GGUFCursor, _ type: GGUFValueType, _ item: String, depth: Int
  ) throws -> GGUFValue {
    switch type {
    case .uint8: .unsigned(UInt64(try cursor.read(UInt8.self, item)))
    case .uint16: .unsigned(UInt64(try cursor.read(UInt16.self, item)))
    case .uint32: .unsigned(UInt64(try cursor.read(UInt32.self, item)))
    case .uint64: .unsigned(try cursor.read(UInt64.self, item))
    case .int8: .signed(Int64(try cursor.read(Int8.self, item)))
    case .int16: .signed(Int64(try cursor.read(Int16.self, item)))
    case .int32: .signed(Int64(try cursor.read(Int32.self, item)))
    case .int64: .signed(try cursor.read(Int64.self, item))
    case .float32: .float(Float(bitPattern: try cursor.read(UInt32.self, item)))
    case .float64: .double(Double(bitPattern: try cursor.read(UInt64.self, item)))
    case .bool: .boolean(try cursor.read(UInt8.self, item) != 0)
    case .string: .text(try cursor.readText(item))
    case .array: .array(try readArray(&cursor, item, depth: depth + 1))
    }
  }

  /// Walks over an array, so that reading its elements later cannot leave the file.
  private static func readArray(_ cursor: inout GGUFCursor, _ item: String, depth: Int) throws -> GGUFArray {
    guard depth <= nestingLimit else {
      throw FileFormatError(
        .limit, file: cursor.file, item: item, found: "arrays nested deeper than \(nestingLimit)",
        expected: "at most \(nestingLimit) levels")
    }
    let type = try readType(&cursor, item)
    let count = try cursor.readCount(minimumBytes: type.minimumBytes, item)
    let start = cursor.position
    if let size = type.byteCount {
      try cursor.skip(count, size: size, item)
    } else if type == .string {
      for _ in 0..<count { _ = try cursor.readTextRange(item) }
    } else {
      for _ in 0..<count { _ = try readArray(&cursor, item, depth: depth + 1) }
    }
    return GGUFArray(elementType: type, count: count, byteRange: start..<cursor.position)
  }

  private static func alignment(_ metadata: [String: GGUFValue], file: String) throws -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard let alignment = value.integer, alignment >= 8, alignment <= 1 << 20, alignment % 8 == 0 else {
      throw FileFormatError(
        .malformed, file: file, item: "key 'general.alignment'", found: value.kindName,
        expected: "a multiple of 8 up to 2^20")
    }
    return alignment
  }

  /// Reads one description; `byteOffset` is still relative to the values' beginning.
  private static func readInfo(_ cursor: inout GGUFCursor, index: Int) throws -> TensorInfo {
    let name = try cursor.readText("tensor name \(index)")
    let item = "tensor '\(name)'"
    let dimensions = try cursor.read(UInt32.self, item)
    guard dimensions <= dimensionLimit else {
      throw FileFormatError(
        .limit, file: cursor.file, item: item, found: "\(dimensions) dimensions",
        expected: "at most \(dimensionLimit)")
    }
    var shape: [Int] = []
    var elements = 1
    for _ in 0..<dimensions {
      let extent = try cursor.read(UInt64.self, item)
      let (product, overflow) = elements.multipliedReportingOverflow(by: Int(clamping: extent))
      guard !overflow, extent <= UInt64(Int.max), product <= Int.max / 8 else {
        throw FileFormatError(
          .limit, file: cursor.file, item: item, found: "a dimension of \(extent)",
          expected: "a tensor that fits into 2^63 bytes")
      }
      elements = product
      shape.append(Int(extent))
    }
    let format = try cursor.read(UInt32.self, item)
    let offset = try cursor.read(UInt64.self, item)
    guard let byteOffset = Int(exactly: offset) else {
      throw FileFormatError(
        .malformed, file: cursor.file, item: item, found: "offset \(offset)",
        expected: "an offset within the file")
    }
    return TensorInfo(name: name, shape: shape.reversed(), formatNumber: format, byteOffset: byteOffset)
  }

  /// Turns relative into absolute offsets and checks that all values lie in the file, apart from each other.
  private static func place(
    _ infos: [TensorInfo], dataStart: Int, alignment: Int, cursor: GGUFCursor
  ) throws -> [TensorInfo] {
    var end = dataStart
    var previous: String?
    for info in infos.sorted(by: { $0.byteOffset < $1.byteOffset }) {
      let item = "tensor '\(info.name)'"
      let size = try byteCount(of: info, file: cursor.file)
      let (start, overflow) = dataStart.addingReportingOverflow(info.byteOffset)
      guard !overflow, info.byteOffset % alignment == 0 else {
        throw FileFormatError(
          .malformed, file: cursor.file, item: item, found: "offset \(info.byteOffset)",
          expected: "a multiple of the alignment \(alignment) within the file")
      }
      guard start <= cursor.bytes.count, size <= cursor.bytes.count - start else {
        throw FileFormatError(
          .truncated, file: cursor.file, item: item, found: "a file of \(cursor.bytes.count) bytes",
          expected: "\(size) bytes of \(info.formatName) values at position \(start); the file was cut short")
      }
      guard start >= end else {
        throw FileFormatError(
          .malformed, file: cursor.file, item: item,
          found: "values that begin \(end - start) bytes before the end of '\(previous ?? "the header")'",
          expected: "values that do not overlap")
      }
      end = start + size
      previous = info.name
    }
    return infos.map {
      TensorInfo(
        name: $0.name, shape: $0.shape, formatNumber: $0.formatNumber, byteOffset: dataStart + $0.byteOffset)
    }
  }

  /// The bytes of a tensor's values.
  ///
  /// A format that is not known counts as empty: the file opens, and reading that tensor is an error.
  static func byteCount(of info: TensorInfo, file: String) throws -> Int {
    guard let format = GGUFTensorFormat(number: info.formatNumber) else { return 0 }
    let row = info.shape.last ?? 1
    guard row % format.elementsPerBlock == 0 else {
      throw FileFormatError(
        .malformed, file: file, item: "tensor '\(info.name)'", found: "rows of \(row) elements",
        expected: "a multiple of \(format.elementsPerBlock) elements for \(info.formatName)")
    }
    return info.elementCount / format.elementsPerBlock * format.bytesPerBlock
  }
}
