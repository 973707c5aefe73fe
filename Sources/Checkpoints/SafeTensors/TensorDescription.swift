public import Torch

/// Name, dtype and shape of a tensor that is to be written.
public struct TensorDescription: Sendable, Equatable {
  /// The name in the file.
  public let name: String
  /// The element type.
  public let dtype: DType
  /// The shape, outermost dimension first.
  public let shape: [Int]

  /// Describes a tensor.
  public init(name: String, dtype: DType, shape: [Int]) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// The size of the elements in bytes.
  public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
}
