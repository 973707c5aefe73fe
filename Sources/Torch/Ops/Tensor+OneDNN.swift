internal import CTorch

extension Tensor {
  /// Whether this libtorch has ``oneDNNLinear(weight:bias:)``.
  public static var hasOneDNNLinear: Bool { ct_onednn_linear_exists() }

  /// The input times the transposed weight, plus the bias, by oneDNN whatever library libtorch's own operator
  /// takes. Nothing is recorded for gradients.
  ///
  /// - Parameters:
  ///   - weight: `[O, I]`, float32 or bfloat16 on the CPU like this tensor `[..., I]`; transposes are fine
  ///   - bias: `[O]`, of the same dtype
  /// - Returns: `[..., O]`
  /// - Throws: `TorchError` when libtorch rejects the operands or has no such operator.
  public func oneDNNLinear(weight: Tensor, bias: Tensor? = nil) throws(TorchError) -> Tensor {
    var result: OpaquePointer?
    try Tensor.call("oneDNN linear", self, weight, bias) { ct_onednn_linear($0, $1, $2, &result) }
    return Tensor(owning: result)
  }
}
