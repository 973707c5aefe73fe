public import Torch

/// A tensor that is brought when it is written, so that a file may hold more than memory does.
public struct LazyTensor {
  /// Name, dtype and shape.
  public let description: TensorDescription
  /// Brings the values, of that dtype and shape.
  public let value: () throws -> Tensor

  /// A tensor that `value` will bring.
  public init(_ description: TensorDescription, value: @escaping () throws -> Tensor) {
    self.description = description
    self.value = value
  }

  /// A tensor that is there.
  public init(name: String, _ tensor: Tensor) {
    self.init(TensorDescription(name: name, dtype: tensor.dtype, shape: tensor.shape)) { tensor }
  }
}
