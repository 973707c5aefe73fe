/// The factor that an fp16 loss is multiplied with, so that small gradients do not vanish.
///
/// One numerical contract for all ZeRO stages, the one of DeepSpeed's `DynamicLossScaler` that its ZeRO
/// optimizers use. DeepSpeed's stage 0 (`FP16_Optimizer`) ignores hysteresis and stays at the minimum without
/// an error; with `hysteresis` 1 both rules give the same scales until the minimum is reached.
///
/// - An overflow while hysteresis is left lowers the hysteresis by one and keeps the scale.
/// - Any other overflow halves the scale, down to `minimum`; an overflow at the minimum is an error.
/// - After each `window` steps without overflow the scale doubles and the hysteresis is full again. The first
///   window of a run and the first after an overflow are one step longer, as in DeepSpeed.
/// - With `refillsHysteresis` every step without overflow makes the hysteresis full: only consecutive
///   overflows lower the scale.
///
/// Source: Micikevicius et al. 2018 (arXiv 1710.03740), section 3.2.
public struct LossScaler: Codable, Sendable, Equatable {
  /// How the scale moves.
  public enum Policy: Codable, Sendable, Equatable {
    /// It does not: bf16 and f32 with 1, fp16 with a `loss_scale` above 0.
    case fixed
    /// It follows overflows.
    case dynamic(Dynamic)
  }

  /// The settings of a dynamic scale, named as in the `fp16` section of the config.
  public struct Dynamic: Codable, Sendable, Equatable {
    /// Steps without overflow after which the scale doubles. `loss_scale_window`.
    public var window: Int
    /// Overflows that it takes to halve the scale. `hysteresis`.
    public var hysteresis: Int
    /// Whether a step without overflow restores the hysteresis. `consecutive_hysteresis`.
    public var refillsHysteresis: Bool
    /// The smallest scale. `min_loss_scale`.
    public var minimum: Double

    /// DeepSpeed's defaults.
    public init(
      window: Int = 1000, hysteresis: Int = 2, refillsHysteresis: Bool = false, minimum: Double = 1
    ) {
      self.window = window
      self.hysteresis = hysteresis
      self.refillsHysteresis = refillsHysteresis
      self.minimum = minimum
    }
  }

  /// The factor of the coming step.
  public private(set) var scale: Double
  /// How the scale moves.
  public let policy: Policy
  private var hysteresisLeft: Int
  private var step = 0
  private var lastOverflow = -1

  /// A scale that stays: 1 for bf16 and f32.
  ///
  /// - Throws: `OptimizerError.option` unless `scale` is finite and positive.
  public init(fixed scale: Double = 1) throws(OptimizerError) {
    try OptimizerError.check("loss_scale", scale, "a finite number above 0") { $0 > 0 }
    self.scale = scale
    policy = .fixed
    hysteresisLeft = 0
  }

  /// A scale that starts at `2^initialPower` and follows overflows.
  ///
  /// - Throws: `OptimizerError.option` for a window or hysteresis below 1, or a minimum of 0 or below.
  public init(initialPower: Int = 16, dynamic: Dynamic = Dynamic()) throws(OptimizerError) {
    try OptimizerError.check("loss_scale_window", dynamic.window, atLeast: 1)
    try OptimizerError.check("hysteresis", dynamic.hysteresis, atLeast: 1)
    try OptimizerError.check("min_loss_scale", dynamic.minimum, "a finite number above 0") { $0 > 0 }
    guard (0...126).contains(initialPower) else {
      throw .option(name: "initial_scale_power", value: "\(initialPower)", expected: "between 0 and 126")
    }
    scale = Double(sign: .plus, exponent: initialPower, significand: 1)
    policy = .dynamic(dynamic)
    hysteresisLeft = dynamic.hysteresis
  }

  /// Takes note of whether the step that used `scale` met a gradient that is not finite.
  ///
  /// A step that did must be skipped: parameters, optimizer states and the schedule stay where they are.
  ///
  /// - Throws: `OptimizerError.lossScaleExhausted` for an overflow at the smallest scale; the state is then
  ///   unchanged, so that the caller may also go on.
  public mutating func update(overflow: Bool) throws(OptimizerError) {
    guard case .dynamic(let rule) = policy else { return }
    if overflow {
      try lower(rule)
      lastOverflow = step
    } else {
      raise(rule)
    }
    step += 1
  }

  private mutating func lower(_ rule: Dynamic) throws(OptimizerError) {
    guard hysteresisLeft <= 1 else {
      hysteresisLeft -= 1
      return
    }
    if scale <= rule.minimum { throw .lossScaleExhausted(scale: scale, step: step) }
    scale = max(scale / 2, rule.minimum)
  }

  private mutating func raise(_ rule: Dynamic) {
    if rule.refillsHysteresis { hysteresisLeft = rule.hysteresis }
    let stableSteps = step - lastOverflow - 1
    guard stableSteps > 0, stableSteps.isMultiple(of: rule.window) else { return }
    hysteresisLeft = rule.hysteresis
    scale *= 2
  }
}
