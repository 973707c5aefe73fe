/// A Swift type whose values are a tensor's elements, bit for bit.
public protocol TorchScalar: BitwiseCopyable, Sendable {
  /// The dtype of a tensor of such elements.
  static var dtype: DType { get }
}

extension Double: TorchScalar {
  /// 64-bit IEEE floats.
  public static var dtype: DType { .float64 }
}

extension Float: TorchScalar {
  /// 32-bit IEEE floats.
  public static var dtype: DType { .float32 }
}

extension Int: TorchScalar {
  /// 64-bit integers, as this platform's `Int` is.
  public static var dtype: DType { .int64 }
}

extension Int64: TorchScalar {
  /// 64-bit two's complement integers.
  public static var dtype: DType { .int64 }
}

extension Int32: TorchScalar {
  /// 32-bit two's complement integers.
  public static var dtype: DType { .int32 }
}

extension Int16: TorchScalar {
  /// 16-bit two's complement integers.
  public static var dtype: DType { .int16 }
}

extension Int8: TorchScalar {
  /// 8-bit two's complement integers.
  public static var dtype: DType { .int8 }
}

extension UInt8: TorchScalar {
  /// Bytes.
  public static var dtype: DType { .uint8 }
}

extension Bool: TorchScalar {
  /// One byte each, 0 or 1.
  public static var dtype: DType { .bool }
}

extension BFloat16: TorchScalar {
  /// Two bytes each, the upper half of an f32.
  public static var dtype: DType { .bfloat16 }
}
