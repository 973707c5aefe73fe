/// What can go wrong between an optimizer's options and its step.
public enum OptimizerError: Error, Sendable, CustomStringConvertible {
  /// An option, by its name in a DeepSpeed config, has a value that makes no sense.
  case option(name: String, value: String, expected: String)
  /// Tensors of a step that do not belong together.
  case mismatch(what: String, found: String, expected: String)
  /// An fp16 gradient still overflows at the smallest loss scale that the config allows.
  case lossScaleExhausted(scale: Double, step: Int)

  /// One line: what, where, what was expected, what to do.
  public var description: String {
    switch self {
    case .option(let name, let value, let expected):
      "optimizer option '\(name)' is \(value), but must be \(expected)"
    case .mismatch(let what, let found, let expected):
      "\(what): found \(found), expected \(expected)"
    case .lossScaleExhausted(let scale, let step):
      "gradients overflow in fp16 at step \(step) although the loss scale is at its minimum \(scale); "
        + "train in bf16 ('bf16': {'enabled': true}), which needs no loss scale, lower the learning rate, "
        + "or lower 'fp16.min_loss_scale'"
    }
  }
}

extension OptimizerError {
  /// Throws unless `value` is a finite number that `allows` accepts.
  static func check(
    _ name: String, _ value: Double, _ expected: String, _ allows: (Double) -> Bool
  ) throws(OptimizerError) {
    guard value.isFinite, allows(value) else {
      throw .option(name: name, value: "\(value)", expected: expected)
    }
  }

  /// Throws unless all values are finite numbers of at least 0.
  static func check(notNegative values: (name: String, value: Double)...) throws(OptimizerError) {
    for (name, value) in values { try check(name, value, "a finite number of at least 0") { $0 >= 0 } }
  }

  /// Throws unless both betas are at least 0 and below 1.
  static func check(betas beta1: Double, _ beta2: Double) throws(OptimizerError) {
    try check("betas[0]", beta1, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try check("betas[1]", beta2, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
  }

  /// Throws unless `value` is at least `least`.
  static func check(_ name: String, _ value: Int, atLeast least: Int) throws(OptimizerError) {
    guard value >= least else {
      throw .option(name: name, value: "\(value)", expected: "a whole number of at least \(least)")
    }
  }
}
