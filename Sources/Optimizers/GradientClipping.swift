/// Clipping by the global norm: the factor that gradients are multiplied with as the optimizer reads them.
///
/// With `n` the norm of the unscaled gradients and `c` the largest norm allowed, gradients are divided by
/// `max(1, (n + 1e-6) / c)`: the rule of torch's `clip_grad_norm_` and of DeepSpeed's mixed-precision
/// wrappers. Source: Pascanu, Mikolov and Bengio 2013 (arXiv 1211.5063), algorithm 1.
public struct GradientClipping: Codable, Sendable, Equatable {
  /// The largest norm allowed; 0: gradients are never clipped. `gradient_clipping` of the config.
  public var maximumNorm: Double

  /// Clips at `maximumNorm`, by default 1 as DeepSpeed does; 0 switches clipping off.
  public init(maximumNorm: Double = 1) {
    self.maximumNorm = maximumNorm
  }

  /// The norm of unscaled gradients from the sums of squares of their parts, taken while scaled.
  ///
  /// - Parameters:
  ///   - sumsOfSquares: one sum for each part of the gradients; together every element counts once.
  ///   - lossScale: the factor that the loss was multiplied with.
  public static func globalNorm(sumsOfSquares: [Double], lossScale: Double = 1) -> Double {
    sumsOfSquares.reduce(0, +).squareRoot() / lossScale
  }

  /// What the scaled gradients are multiplied with: `1 / (lossScale * max(1, (norm + 1e-6) / maximumNorm))`.
  ///
  /// - Parameters:
  ///   - norm: the global norm of the unscaled gradients; finite, since a step that overflowed is skipped.
  ///   - lossScale: the factor that the loss was multiplied with.
  public func multiplier(norm: Double, lossScale: Double = 1) -> Double {
    guard maximumNorm > 0 else { return 1 / lossScale }
    return 1 / (lossScale * max(1, (norm + 1e-6) / maximumNorm))
  }
}
