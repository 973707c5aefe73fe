internal import Torch

/// Adam's step by ordinary tensor operations: what the fused kernel is tested against, the path for devices
/// without a kernel, and `torch_adam` of the config. The formula is that of `Adam`.
struct TensorAdam {
  let options: AdamOptions
  let step: Int

  func update(_ piece: FlatUpdate, firstMoment: Tensor, secondMoment: Tensor) throws(TorchError) {
    let master = piece.master
    let gradient = try piece.gradient.to(.float32).mul(piece.gradientMultiplier)
    if !options.isDecoupled && options.weightDecay != 0 {
      try gradient.addInPlace(master, alpha: options.weightDecay)
    }
    // `to` yields the tensor itself where the states are f32, so that these lines work in place.
    let first = try firstMoment.to(.float32)
    let second = try secondMoment.to(.float32)
    try first.mulInPlace(options.beta1).addInPlace(gradient, alpha: 1 - options.beta1)
    try second.mulInPlace(options.beta2).addcmulInPlace(gradient, gradient, value: 1 - options.beta2)
    let correction1 = correction(options.beta1)
    let denominator = try second.sqrt()
    try denominator.mulInPlace(1 / correction(options.beta2).squareRoot()).addInPlace(options.epsilon)
    let change = try first.div(denominator)
    try change.mulInPlace(options.learningRate / correction1)
    if options.isDecoupled && options.weightDecay != 0 {
      try change.addInPlace(master, alpha: options.learningRate * options.weightDecay)
    }
    try master.subInPlace(change)
    if firstMoment.dtype != .float32 {
      try firstMoment.copyInPlace(first)
      try secondMoment.copyInPlace(second)
    }
    try piece.lowPrecisionCopy?.copyInPlace(master)
  }

  private func correction(_ beta: Double) -> Double {
    options.correctsBias ? 1 - power(beta, step) : 1
  }

  /// `base` to a whole power by repeated squaring.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, left) = (1.0, base, exponent)
    while left > 0 {
      if left & 1 == 1 { result *= factor }
      factor *= factor
      left >>= 1
    }
    return result
  }
}
