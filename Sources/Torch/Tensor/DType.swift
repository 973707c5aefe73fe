/// The type of a tensor's elements. Raw values are libtorch's own numbers.
public enum DType: Int32, Sendable, CaseIterable, Hashable {
  /// 0 to 255.
  case uint8 = 0
  /// -128 to 127.
  case int8 = 1
  /// -32768 to 32767.
  case int16 = 2
  /// -2^31 to 2^31 - 1.
  case int32 = 3
  /// -2^63 to 2^63 - 1; token ids and indices.
  case int64 = 4
  /// IEEE half: 5 bits of exponent, 10 of fraction, at most 65504; needs loss scaling in training.
  case float16 = 5
  /// IEEE single: 8 bits of exponent, 23 of fraction.
  case float32 = 6
  /// IEEE double: 11 bits of exponent, 52 of fraction.
  case float64 = 7
  /// One byte, 0 or 1.
  case bool = 11
  /// 8 bits of exponent as f32, 7 of fraction.
  case bfloat16 = 15
  /// One byte: 5 bits of exponent, 2 of fraction, at most 57344; has infinities.
  case float8e5m2 = 23
  /// One byte: 4 bits of exponent, 3 of fraction, at most 448; no infinities.
  case float8e4m3fn = 24

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool, .float8e5m2, .float8e4m3fn: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether elements have fractions; only such tensors can require gradients.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .float32, .float64, .bfloat16, .float8e5m2, .float8e4m3fn: true
    case .uint8, .int8, .int16, .int32, .int64, .bool: false
    }
  }

  /// The name that libtorch and checkpoints use, such as "float32" or "float8_e4m3fn".
  public var name: String {
    switch self {
    case .float8e5m2: "float8_e5m2"
    case .float8e4m3fn: "float8_e4m3fn"
    default: "\(self)"
    }
  }
}
