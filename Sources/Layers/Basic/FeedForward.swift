public import Torch

/// `y = act(x W1^T + b1) W2^T + b2`: the feed-forward block of GPT-2.
public final class FeedForward: Layer {
  /// `W1`, `b1`: from the hidden size to the intermediate size.
  @Child public var expansion: Linear
  /// `W2`, `b2`: back to the hidden size.
  @Child public var contraction: Linear
  private let activation: Activation

  /// The names under which checkpoints hold the two layers.
  public struct Names: Sendable {
    /// The name of `W1`.
    public let expansion: String
    /// The name of `W2`.
    public let contraction: String

    /// These names.
    public init(expansion: String, contraction: String) {
      self.expansion = expansion
      self.contraction = contraction
    }
  }

  /// A block over two given layers.
  public init(expansion: Linear, contraction: Linear, activation: Activation, names: Names) {
    _expansion = Child(names.expansion, expansion)
    _contraction = Child(names.contraction, contraction)
    self.activation = activation
    super.init()
  }

  /// - Parameter input: `[..., D]`
  /// - Returns: `[..., D]`
  public override func forward(_ input: Tensor) throws -> Tensor {
    try contraction(activation(expansion(input)))
  }
}

/// `y = (act(x Wg^T) * (x Wu^T)) Wd^T`: SwiGLU with `silu`, GeGLU with `gelu`.
///
/// - Source: Shazeer, "GLU variants improve transformer", 2020, arXiv:2002.05202.
public final class GatedFeedForward: Layer {
  /// `Wg [intermediate, D]`.
  @Child public var gate: Linear
  /// `Wu [intermediate, D]`.
  @Child public var up: Linear
  /// `Wd [D, intermediate]`.
  @Child public var down: Linear
  private let activation: Activation

  /// A block of these widths, its weights drawn with one standard deviation.
  public init(
    hiddenSize: Int, intermediateSize: Int, activation: Activation = .silu, hasBias: Bool = false,
    standardDeviation: Double = 0.02
  ) {
    func linear(_ input: Int, _ output: Int) -> Linear {
      Linear(
        inputSize: input, outputSize: output, hasBias: hasBias,
        initialization: .normal(standardDeviation: standardDeviation))
    }
    _gate = Child("gate_proj", linear(hiddenSize, intermediateSize))
    _up = Child("up_proj", linear(hiddenSize, intermediateSize))
    _down = Child("down_proj", linear(intermediateSize, hiddenSize))
    self.activation = activation
    super.init()
  }

  /// - Parameter input: `[..., D]`
  /// - Returns: `[..., D]`
  public override func forward(_ input: Tensor) throws -> Tensor {
    try down(activation.gated(gate(input), up(input)))
  }
}
