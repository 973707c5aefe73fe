import Testing
import Torch

@Suite struct DTypeTests {
  @Test func `names are those of checkpoints`() {
    let names = [
      "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool", "bfloat16",
      "float8_e5m2", "float8_e4m3fn",
    ]
    #expect(DType.allCases.map(\.name) == names)
  }

  @Test(arguments: DType.allCases)
  func `only dtypes with fractions can require gradients`(dtype: DType) throws {
    let tensor = try Tensor.zeros([2], dtype: dtype)
    if dtype.isFloatingPoint {
      try tensor.setRequiresGradient(true)
      #expect(tensor.requiresGradient)
    } else {
      #expect(throws: TorchError.self) { try tensor.setRequiresGradient(true) }
    }
  }
}
