/// A Swift type whose values are a tensor's elements, bit for bit.
public protocol TorchScalar: BitwiseCopyable, Sendable {
  /// The dtype of a tensor of such elements.
  static var dtype: DType { get }
}

extension Double: TorchScalar {
  public static var dtype: DType { .float64 }
}

extension Float: TorchScalar {
  public static var dtype: DType { .float32 }
}

extension Int: TorchScalar {
  public static var dtype: DType { .int64 }
}

extension Int64: TorchScalar {
  public static var dtype: DType { .int64 }
}

extension Int32: TorchScalar {
  public static var dtype: DType { .int32 }
}

extension Int16: TorchScalar {
  public static var dtype: DType { .int16 }
}

extension Int8: TorchScalar {
  public static var dtype: DType { .int8 }
}

extension UInt8: TorchScalar {
  public static var dtype: DType { .uint8 }
}

extension Bool: TorchScalar {
  public static var dtype: DType { .bool }
}

extension BFloat16: TorchScalar {
  public static var dtype: DType { .bfloat16 }
}
