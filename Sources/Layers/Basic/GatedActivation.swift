public import Torch

extension Activation {
  /// `act(gate) * up`, keeping only `gate` and `up` for the backward pass.
  ///
  /// - Parameters:
  ///   - gate: `[..., N]`
  ///   - up: the same shape and dtype
  /// - Returns: `[..., N]`
  /// - Throws: `TorchError`.
  public func gated(_ gate: Tensor, _ up: Tensor) throws -> Tensor {
    guard self == .silu else { return try self(gate).mul(up) }
    return try CustomFunction.apply([gate, up], name: "swiglu") { inputs in
      [try inputs[0].silu().mulInPlace(inputs[1])]
    } backward: { gradients in
      guard let gradient = gradients[0] else { return [nil, nil] }
      let gradGate = try gradient.mul(up.detached()).siluBackward(input: gate.detached())
      let gradUp = try gate.detached().silu().mulInPlace(gradient)
      return [gradGate, gradUp]
    }[0]
  }
}
