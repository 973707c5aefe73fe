internal import Torch

/// Adam's step by ordinary tensor operations: what the fused kernel is tested against, the path for devices
/// without a kernel, and `torch_adam` of the config. The formula is that of `Adam`.
struct TensorAdam {
  let options: AdamOptions
  let step: Int

  func update(_ piece: FlatUpdate) throws(TorchError) {
    let wide = try WidePiece(piece)
    let (master, gradient, first, second) = (wide.master, wide.gradient, wide.states[0], wide.states[1])
    if !options.isDecoupled && options.weightDecay != 0 {
      try gradient.addInPlace(master, alpha: options.weightDecay)
    }
    try first.mulInPlace(options.beta1).addInPlace(gradient, alpha: 1 - options.beta1)
    try second.mulInPlace(options.beta2).addcmulInPlace(gradient, gradient, value: 1 - options.beta2)
    let denominator = try second.sqrt()
    try denominator.mulInPlace(1 / correction(options.beta2).squareRoot()).addInPlace(options.epsilon)
    let change = try first.div(denominator)
    try change.mulInPlace(options.learningRate / correction(options.beta1))
    if options.isDecoupled && options.weightDecay != 0 {
      try change.addInPlace(master, alpha: options.learningRate * options.weightDecay)
    }
    try master.subInPlace(change)
    try wide.store()
  }

  private func correction(_ beta: Double) -> Double {
    options.correctsBias ? BiasCorrection.remaining(beta, step: step) : 1
  }
}

/// What is left of a mean's start at zero.
enum BiasCorrection {
  /// `1 - beta^step`.
  static func remaining(_ beta: Double, step: Int) -> Double {
    var (power, factor, left) = (1.0, beta, step)
    while left > 0 {
      if left & 1 == 1 { power *= factor }
      factor *= factor
      left >>= 1
    }
    return 1 - power
  }
}
