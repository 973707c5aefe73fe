/// The floating-point types that models, gradients and messages may have.
public enum FloatType: String, SettingChoice {
  /// 32 bits.
  case float32 = "fp32"
  /// 16 bits, 5 of them exponent.
  case float16 = "fp16"
  /// 16 bits, 8 of them exponent.
  case bfloat16 = "bf16"

  /// The names that PyTorch uses.
  public static var otherSpellings: [String: FloatType] {
    [
      "float32": .float32, "float": .float32, "torch.float32": .float32,
      "float16": .float16, "half": .float16, "torch.float16": .float16,
      "bfloat16": .bfloat16, "torch.bfloat16": .bfloat16,
    ]
  }

  /// Bytes of one element.
  public var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// Keys of `data_types`: the type in which gradients accumulate.
public struct DataTypeKeys: Section {
  /// The keys in their order.
  public static let table = SectionTable(Self())
  /// The keys.
  public init() {}

  /// Type in which gradients of several backward passes are summed; null means the type of the model.
  public let gradientAccumulation = Key<FloatType?>("grad_accum_dtype", nil)
  /// Type of the parameters; must agree with `fp16` and `bf16`.
  public let parameters = Key<FloatType?>("param_dtype", nil)
  /// Type of the buffers; null keeps the type that each has.
  public let buffers = Key<FloatType?>("buffer_dtype", nil)
  /// Name patterns of modules whose buffers stay in 32 bits, or "auto" for what the model itself asks.
  public let keepInFloat32 = Key<OrAuto<[String]>>("keep_in_fp32_modules", .auto)
}
