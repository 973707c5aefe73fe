/// The type of a tensor's elements. Raw values are libtorch's own numbers.
public enum DType: Int32, Sendable, CaseIterable, Hashable {
  case uint8 = 0
  case int8 = 1
  case int16 = 2
  case int32 = 3
  case int64 = 4
  case float16 = 5
  case float32 = 6
  case float64 = 7
  case bool = 11
  case bfloat16 = 15
  case float8e5m2 = 23
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
