import Testing
import Torch

@Suite struct TensorCreationTests {
  @Test func `constant tensors hold their constant`() throws {
    #expect(try Tensor.zeros([2, 2]).array(of: Float.self) == [0, 0, 0, 0])
    #expect(try Tensor.ones([3], dtype: .int32).array(of: Int32.self) == [1, 1, 1])
    #expect(try Tensor.full([2], 2.5, dtype: .float64).array(of: Double.self) == [2.5, 2.5])
    #expect(try Tensor.eye(2).array(of: Float.self) == [1, 0, 0, 1])
  }

  @Test func `whole numbers beyond a double's reach are exact`() throws {
    let large = (1 << 60) + 1
    #expect(try Tensor.full([1], large).itemInt() == large)
    let range = try Tensor.arange(from: large, to: large + 3)
    #expect(try range.array(of: Int.self) == [large, large + 1, large + 2])
  }

  @Test func `ranges stop before their end`() throws {
    #expect(try Tensor.arange(4).array(of: Int.self) == [0, 1, 2, 3])
    #expect(try Tensor.arange(from: 5, to: 0, step: -2).array(of: Int.self) == [5, 3, 1])
    #expect(try Tensor.arange(from: 0.0, to: 1.0, step: 0.25).array(of: Float.self) == [0, 0.25, 0.5, 0.75])
  }

  @Test(arguments: DType.allCases)
  func `every dtype has the size that it says`(dtype: DType) throws {
    let tensor = try Tensor.zeros([3, 5], dtype: dtype)
    #expect(tensor.dtype == dtype)
    #expect(tensor.byteCount == 15 * dtype.byteCount)
    #expect(tensor.storageByteCount == 15 * dtype.byteCount)
  }

  @Test func `properties follow views`() throws {
    let tensor = try Tensor.arange(24).view([2, 3, 4])
    #expect(tensor.shape == [2, 3, 4])
    #expect(tensor.strides == [12, 4, 1])
    #expect(tensor.dimensionCount == 3)
    #expect(tensor.size(-1) == 4 && tensor.size(0) == 2)
    #expect(tensor.elementCount == 24)
    let turned = try tensor.transpose(0, 2)
    #expect(turned.shape == [4, 3, 2])
    #expect(!turned.isContiguous)
    #expect(try turned.contiguous().strides == [6, 2, 1])
    #expect(try Tensor(scalar: Float(1)).shape == [])
    #expect(try Tensor.zeros([0, 3]).elementCount == 0)
  }

  @Test func `meta tensors have shapes and no memory`() throws {
    let left = try Tensor.empty([1 << 20, 1 << 20], device: .meta)
    let right = try Tensor.empty([1 << 20, 16], dtype: .float32, device: .meta)
    let product = try left.matmul(right)
    #expect(product.shape == [1 << 20, 16])
    #expect(product.device == .meta)
    #expect(throws: TorchError.self) { try product.array(of: Float.self) }
  }
}
