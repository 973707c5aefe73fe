public import Torch

/// `y = x W^T + b`: maps `[..., inputSize]` to `[..., outputSize]`.
open class Linear: Layer {
  /// `W [outputSize, inputSize]`.
  @Parameter public final var weight: Tensor
  /// The parameter of `b [outputSize]`, if there is one.
  public final let bias: Parameter?

  /// A linear layer with a weight of its own.
  ///
  /// - Parameters:
  ///   - inputSize: The last dimension of the input.
  ///   - outputSize: The last dimension of the output.
  ///   - hasBias: Whether a vector `[outputSize]` is added to the product.
  ///   - initialization: How the weight is drawn; by default uniformly within `1 / sqrt(inputSize)`, as
  ///     PyTorch does. The bias is zero when an initialization is given, and drawn like the weight otherwise.
  public init(inputSize: Int, outputSize: Int, hasBias: Bool = true, initialization: Initialization? = nil) {
    let bound = Initialization.uniform(bound: inputSize > 0 ? 1 / Double(inputSize).squareRoot() : 0)
    _weight = Parameter("weight", shape: [outputSize, inputSize], initialization ?? bound)
    bias = hasBias ? Parameter("bias", shape: [outputSize], initialization == nil ? bound : .zeros) : nil
    super.init()
  }

  /// A linear layer without bias over the weight of another layer, such as the head of a model that shares
  /// its embedding.
  public init(sharing weight: Parameter) {
    precondition(
      weight.shape.count == 2, "a linear layer needs a weight of two dimensions, found \(weight.shape)")
    _weight = weight
    bias = nil
    super.init()
  }

  /// - Parameter input: `[..., inputSize]`
  /// - Returns: `[..., outputSize]`
  open override func forward(_ input: Tensor) throws -> Tensor {
    try LinearProduct.apply(input, weight: weight, bias: bias?.tensor)
  }
}
