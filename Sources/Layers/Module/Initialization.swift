/// The law by which a declared parameter gets its first values.
public enum Initialization: Sendable, Hashable {
  /// Every element has this value.
  case constant(Double)
  /// Normally distributed with mean 0 and this standard deviation.
  case normal(standardDeviation: Double)
  /// Uniformly distributed in `-bound ..< bound`.
  case uniform(bound: Double)

  /// All zeros, as for biases.
  public static let zeros = Initialization.constant(0)
  /// All ones, as for the scales of norms.
  public static let ones = Initialization.constant(1)
}
