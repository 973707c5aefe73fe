import Testing
import Torch

/// The largest absolute difference of two tensors of one shape.
func largestDifference(_ left: Tensor, _ right: Tensor) throws -> Double {
  #expect(left.shape == right.shape)
  return try left.detached().to(.float64).sub(right.detached().to(.float64)).abs().max().item()
}

/// Seeded normal values, a leaf that asks for gradients unless told otherwise.
func randomLeaf(_ shape: [Int], seed: UInt64, dtype: DType = .float32, isTrainable: Bool = true) throws
  -> Tensor
{
  let tensor = try Tensor.randn(shape, generator: Generator(seed: seed)).to(dtype)
  try tensor.setRequiresGradient(isTrainable)
  return tensor
}
