public import Torch

/// A tensor that belongs to a module's state without being trained, such as a running mean.
@propertyWrapper
public final class Buffer {
  /// The name within the module that declares it.
  public let name: String
  /// The sizes of the dimensions, known before the buffer has memory.
  public let shape: [Int]
  /// The element type, which does not follow the parameters'.
  public let dtype: DType
  /// The value of every element at the start.
  public let initialValue: Double
  /// True when the buffer is saved in checkpoints.
  public let isPersistent: Bool
  private var value: Tensor?

  /// Declares a buffer without allocating it.
  public init(
    _ name: String, shape: [Int], dtype: DType = .float32, initialValue: Double = 0, isPersistent: Bool = true
  ) {
    precondition(!name.isEmpty, "a buffer needs a name")
    self.name = name
    self.shape = shape
    self.dtype = dtype
    self.initialValue = initialValue
    self.isPersistent = isPersistent
  }

  /// The tensor. Reading it before the model was materialised is a programmer's error.
  public var tensor: Tensor {
    guard let value else {
      preconditionFailure("buffer \(name) \(shape) was read before materialize(with:) gave it values")
    }
    return value
  }

  /// The tensor, as the wrapped property.
  public var wrappedValue: Tensor { tensor }

  /// The buffer itself.
  public var projectedValue: Buffer { self }

  /// True once it has values.
  public var isMaterialized: Bool { value != nil }

  /// Makes `tensor` the value.
  ///
  /// - Throws: ``ModuleError`` when the shape differs from the declared one.
  public func setTensor(_ tensor: Tensor) throws {
    guard tensor.shape == shape else {
      throw ModuleError.wrongShape(path: ParameterPath(name), expected: shape, found: tensor.shape)
    }
    value = tensor
  }
}
