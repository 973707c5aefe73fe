public import Torch

/// A table of vectors: maps whole numbers `[...]` to `[..., width]`.
open class Embedding: Layer {
  /// The table `[count, width]`.
  @Parameter public final var weight: Tensor

  /// A table of `count` vectors, drawn from the standard normal distribution unless told otherwise.
  public init(count: Int, width: Int, initialization: Initialization = .normal(standardDeviation: 1)) {
    _weight = Parameter("weight", shape: [count, width], initialization)
    super.init()
  }

  /// - Parameter input: `[...]`, int64, each from 0 to `count - 1`
  /// - Returns: `[..., width]`
  open override func forward(_ input: Tensor) throws -> Tensor { try weight.embedding(input) }
}
