public import Torch

/// `y = (x - mean(x)) / sqrt(var(x) + epsilon) * g + b` over the last dimension, statistics in float32.
///
/// - Source: Ba, Kiros, Hinton, "Layer normalization", 2016, arXiv:1607.06450.
public final class LayerNorm: Layer {
  /// The scale `g [width]`.
  @Parameter public var weight: Tensor
  /// The shift `b [width]`.
  @Parameter public var bias: Tensor
  private let width: Int
  private let epsilon: Double

  /// A norm over vectors of `width` elements.
  public init(width: Int, epsilon: Double = 1e-5) {
    _weight = Parameter("weight", shape: [width], .ones)
    _bias = Parameter("bias", shape: [width], .zeros)
    self.width = width
    self.epsilon = epsilon
    super.init()
  }

  /// - Parameter input: `[..., width]`
  /// - Returns: the same shape and dtype
  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.layerNorm(normalizedShape: [width], weight: weight, bias: bias, eps: epsilon)
  }
}
