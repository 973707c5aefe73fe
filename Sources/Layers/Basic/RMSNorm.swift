public import Torch

/// `y = x / sqrt(mean(x^2) + epsilon) * g` over the last dimension, statistics in float32.
///
/// - Source: Zhang, Sennrich, "Root mean square layer normalization", 2019, arXiv:1910.07467.
public final class RMSNorm: Layer {
  /// The scale `g [width]`.
  @Parameter public var weight: Tensor
  private let width: Int
  private let epsilon: Double

  /// A norm over vectors of `width` elements.
  public init(width: Int, epsilon: Double = 1e-6) {
    _weight = Parameter("weight", shape: [width], .ones)
    self.width = width
    self.epsilon = epsilon
    super.init()
  }

  /// - Parameter input: `[..., width]`
  /// - Returns: the same shape and dtype
  public override func forward(_ input: Tensor) throws -> Tensor {
    let scale = weight
    if let normed = try FusedRMSNorm.apply(input, scale: scale, epsilon: epsilon) { return normed }
    return try input.rmsNorm(normalizedShape: [width], weight: scale, eps: epsilon)
  }
}
