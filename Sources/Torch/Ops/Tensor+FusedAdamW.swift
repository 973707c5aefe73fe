internal import CTorch

extension Tensor {
  /// In place: one AdamW step of libtorch's own fused kernel, which ours is measured beside.
  ///
  /// The gradient and both moments have this tensor's shape and dtype; `step` is the number of this step as an f32
  /// scalar, 1 at the first.
  ///
  /// - Throws: `TorchError` when libtorch rejects the operands.
  public func fusedAdamWInPlace(
    gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor, step: Tensor, learningRate: Double, beta1: Double,
    beta2: Double, weightDecay: Double, epsilon: Double
  ) throws(TorchError) {
    try Tensor.call("_fused_adamw_", self, gradient, firstMoment, secondMoment, step) {
      ct_fused_adamw($0, $1, $2, $3, $4, learningRate, beta1, beta2, weightDecay, epsilon)
    }
  }
}
