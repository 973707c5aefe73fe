/// A metadata value of a GGUF file. Numbers of all widths are widened; arrays stay in the file until they are
/// read.
public enum GGUFValue: Sendable, Equatable {
  /// An unsigned integer of 8, 16, 32 or 64 bits in the file.
  case unsigned(UInt64)
  /// A two's complement integer of 8, 16, 32 or 64 bits in the file.
  case signed(Int64)
  /// A 32-bit float, exactly.
  case float(Float)
  /// A 64-bit float.
  case double(Double)
  /// One byte in the file, 0 or 1.
  case boolean(Bool)
  /// UTF-8 with its length before it.
  case text(String)
  /// Values of one type, still in the file.
  case array(GGUFArray)

  /// The value as a whole number, nil if it is none or beyond 63 bits.
  public var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value as a number, nil if it is none.
  public var number: Double? {
    switch self {
    case .float(let value): Double(value)
    case .double(let value): value
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    default: nil
    }
  }

  /// What it is, for messages.
  var kindName: String {
    switch self {
    case .unsigned(let value): "the number \(value)"
    case .signed(let value): "the number \(value)"
    case .float(let value): "the number \(value)"
    case .double(let value): "the number \(value)"
    case .boolean(let value): "\(value)"
    case .text(let text): "the text \"\(FileFormatError.readable(text))\""
    case .array(let array): "an array of \(array.count) \(array.elementType)"
    }
  }
}

/// The types of metadata values, by their numbers in the file.
public enum GGUFValueType: UInt32, Sendable, CaseIterable {
  /// Numbered from 0 in this order. `string` is a 64-bit length and UTF-8 bytes,
  /// `array` an element type, a 64-bit count and the elements.
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The bytes of one value; nil where they differ from value to value.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// The bytes that one value takes at least.
  var minimumBytes: Int {
    switch self {
    case .string: 8
    case .array: 12
    default: byteCount ?? 1
    }
  }
}

/// An array in a GGUF file's metadata: what it holds and where. Its bounds were checked when the file was
/// opened.
public struct GGUFArray: Sendable, Equatable {
  /// The type that all elements have; it may be ``GGUFValueType/array`` again.
  public let elementType: GGUFValueType
  /// The number of elements.
  public let count: Int
  /// Where the elements are, in bytes from the beginning of the file.
  public let byteRange: Range<Int>
}
