import CKernels
import Torch

/// The element formats of GGUF files: plain dtypes, and blocks of 32 quantised elements.
enum GGUFTensorFormat: Equatable {
  case plain(DType)
  case blocks(ck_block_format)

  /// The format of a type number, nil if this reader does not know it.
  init?(number: UInt32) {
    switch number {
    case 0: self = .plain(.float32)
    case 1: self = .plain(.float16)
    case 2: self = .blocks(.q4_0)
    case 3: self = .blocks(.q4_1)
    case 8: self = .blocks(.q8_0)
    case 24: self = .plain(.int8)
    case 25: self = .plain(.int16)
    case 26: self = .plain(.int32)
    case 27: self = .plain(.int64)
    case 28: self = .plain(.float64)
    case 30: self = .plain(.bfloat16)
    default: return nil
    }
  }

  /// What an error should tell about the formats that are read.
  static let supportedNames = "F32, F16, BF16, F64, Q8_0, Q4_0, Q4_1, I8, I16, I32, I64"

  /// ggml's name of a type number, for messages.
  static func name(ofNumber number: UInt32) -> String {
    let names: [UInt32: String] = [
      0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K",
      11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
      19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32",
      27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
    ]
    return names[number] ?? "number \(number)"
  }

  /// Elements that are stored together: rows are a multiple of it.
  var elementsPerBlock: Int {
    switch self {
    case .plain: 1
    case .blocks: Int(ck_block_elements)
    }
  }

  /// The bytes of one block.
  var bytesPerBlock: Int {
    switch self {
    case .plain(let dtype): dtype.byteCount
    case .blocks(let format): ck_block_bytes(format)
    }
  }
}
