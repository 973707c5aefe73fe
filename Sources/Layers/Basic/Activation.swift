internal import CKernels
public import Torch

/// A pointwise nonlinearity, under the names that model configurations use.
public enum Activation: String, Sendable, Hashable, CaseIterable {
  /// `x * sigmoid(x)`.
  case silu
  /// The exact `x * Phi(x)`.
  case gelu
  /// `x * Phi(x)` by its tanh approximation.
  case geluTanh = "gelu_pytorch_tanh"
  /// `max(x, 0)`.
  case relu

  /// The activation of this name; other spellings of the same functions are understood.
  public init?(name: String) {
    switch name {
    case "silu", "swish": self = .silu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate": self = .geluTanh
    case "relu": self = .relu
    default: return nil
    }
  }

  /// The names that ``init(name:)`` understands, for messages.
  public static let knownNames = [
    "silu", "swish", "gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate",
    "relu",
  ]

  /// The function's values, the shape and dtype of `input`.
  ///
  /// - Throws: `TorchError`.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    if let kernel, let activated = try FusedActivation.apply(kernel, input) { return activated }
    switch self {
    case .silu: return try input.silu()
    case .gelu: return try input.gelu()
    case .geluTanh: return try input.gelu(approximate: "tanh")
    case .relu: return try input.relu()
    }
  }

  /// The fused kernel of this function, if there is one.
  var kernel: ck_activation? {
    switch self {
    case .silu: return .silu
    case .geluTanh: return .geluTanh
    case .gelu, .relu: return nil
    }
  }
}
