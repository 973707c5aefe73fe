public import Torch

extension Activation {
  /// `act(gate) * up`.
  ///
  /// - Parameters:
  ///   - gate: `[..., N]`
  ///   - up: the same shape and dtype
  /// - Returns: `[..., N]`
  /// - Throws: `TorchError`.
  public func gated(_ gate: Tensor, _ up: Tensor) throws -> Tensor {
    if let kernel, let gated = try FusedActivation.gated(kernel, gate, up) { return gated }
    return try self(gate).mul(up)
  }
}
