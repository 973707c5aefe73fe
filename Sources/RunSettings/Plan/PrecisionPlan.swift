/// The type that the model trains in, and what belongs to it.
public enum PrecisionPlan: Sendable, Equatable {
  /// 32 bits throughout.
  case float32
  /// bfloat16 parameters beside 32-bit master weights.
  case bfloat16(BFloat16Options)
  /// float16 parameters beside 32-bit master weights, with a scaled loss.
  case float16(Float16Options)

  /// Whether 32-bit master weights are kept beside 16-bit parameters; otherwise the parameters are their own.
  public var keepsFloat32Masters: Bool {
    switch self {
    case .float32: false
    case .bfloat16(let options): options.keepsFloat32Masters
    case .float16(let options): options.keepsFloat32Masters
    }
  }

  /// Type of the model's parameters.
  public var modelType: FloatType {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }
}

/// What belongs to training in bfloat16.
public struct BFloat16Options: Sendable, Equatable {
  /// Whether a step with infinite or undefined gradients is skipped.
  public let checksOverflow: Bool
  /// Whether a gradient is added to its 32-bit sum as soon as it appears.
  public let updatesGradientsImmediately: Bool
  /// Whether there are 32-bit master weights.
  public let keepsFloat32Masters: Bool
}

/// What belongs to training in float16.
public struct Float16Options: Sendable, Equatable {
  /// The factor on the loss.
  public let lossScaling: LossScaling
  /// Whether floating-point inputs of the model are cast to float16.
  public let castsInputs: Bool
  /// Whether there are 32-bit master weights.
  public let keepsFloat32Masters: Bool
}

/// The factor on the loss that keeps float16 gradients from vanishing.
public enum LossScaling: Sendable, Equatable {
  /// One factor for the whole run.
  case fixed(Double)
  /// A factor that halves on overflow and doubles after a while without.
  case dynamic(DynamicLossScaling)
}

/// How an adaptive loss scale moves.
public struct DynamicLossScaling: Sendable, Equatable {
  /// Factor at the start.
  public let initialScale: Double
  /// Steps without overflow after which the factor doubles.
  public let window: Int
  /// Overflows that are tolerated before the factor halves.
  public let hysteresis: Int
  /// Whether each step without overflow refills the hysteresis.
  public let refillsHysteresis: Bool
  /// The factor does not fall below this.
  public let minimumScale: Double
}

extension PrecisionPlan {
  init(_ settings: Settings<RunKeys>) {
    if settings.fp16.enabled {
      self = .float16(
        Float16Options(
          lossScaling: LossScaling(settings.fp16), castsInputs: settings.fp16.castsInputs,
          keepsFloat32Masters: !settings.fp16.keepsFloat16Masters))
    } else if settings.bf16.enabled {
      self = .bfloat16(
        BFloat16Options(
          checksOverflow: settings.bf16.checksOverflow,
          updatesGradientsImmediately: settings.bf16.updatesGradientsImmediately,
          keepsFloat32Masters: !settings.bf16.keepsBFloat16Masters))
    } else {
      self = .float32
    }
  }
}

extension LossScaling {
  init(_ keys: Settings<Float16Keys>) {
    guard keys.lossScale == 0 else {
      self = .fixed(keys.lossScale)
      return
    }
    let initialScale = Double(sign: .plus, exponent: keys.initialScalePower, significand: 1)
    self = .dynamic(
      DynamicLossScaling(
        initialScale: initialScale, window: keys.scaleWindow, hysteresis: keys.hysteresis,
        refillsHysteresis: keys.refillsHysteresis, minimumScale: Double(keys.minimumScale)))
  }
}
