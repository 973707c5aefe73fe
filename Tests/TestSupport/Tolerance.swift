public import Torch

/// How far two values may lie apart: by `absolute` plus `relative` times the expected value.
public struct Tolerance: Sendable {
  public let relative: Double
  public let absolute: Double

  /// A bound for both, or two bounds.
  public init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// The same bits.
  public static let exact = Tolerance(relative: 0, absolute: 0)

  /// For results of a few operations in a type: a few units in its last place.
  ///
  /// - Parameters:
  ///   - dtype: The type in which the values were computed.
  ///   - reductionLength: How many terms a value is the sum of. Rounding errors of a sum grow with the square
  ///     root of its length.
  public static func rounding(of dtype: DType, reductionLength: Int = 1) -> Tolerance {
    let unit =
      switch dtype {
      case .float64: 2.3e-16
      case .float32: 1.2e-7
      case .float16: 9.8e-4
      case .bfloat16: 7.9e-3
      case .float8e4m3fn: 0.125
      case .float8e5m2: 0.25
      default: 0.0
      }
    let growth = 4 * Double(reductionLength).squareRoot()
    return Tolerance(relative: unit * growth, absolute: unit * growth)
  }
}
