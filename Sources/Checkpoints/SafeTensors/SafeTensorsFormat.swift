import Torch

/// The spelling of the safetensors format: dtype names, limits, file names.
///
/// A file is an 8-byte little-endian header length, the header as a JSON object `{"name": {"dtype", "shape",
/// "data_offsets": [begin, end]}, "__metadata__": {...}}`, and the values; offsets count from the header's
/// end.
///
/// Source: the format page of https://github.com/huggingface/safetensors.
enum SafeTensorsFormat {
  /// The largest header that the reference implementation accepts, in bytes.
  static let headerLimit = 100_000_000
  static let metadataKey = "__metadata__"
  static let singleFileName = "model.safetensors"
  static let indexFileName = "model.safetensors.index.json"

  static func spelling(of dtype: DType) -> String {
    switch dtype {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .float8e4m3fn: "F8_E4M3"
    case .float8e5m2: "F8_E5M2"
    }
  }

  static func dtype(spelled spelling: String) -> DType? {
    DType.allCases.first { self.spelling(of: $0) == spelling }
  }

  static var supportedSpellings: String {
    DType.allCases.map { spelling(of: $0) }.sorted().joined(separator: ", ")
  }

  /// The name of shard `number` (from 1) of `count`.
  static func shardFileName(_ number: Int, of count: Int) -> String {
    func padded(_ value: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "model-\(padded(number))-of-\(padded(count)).safetensors"
  }
}
