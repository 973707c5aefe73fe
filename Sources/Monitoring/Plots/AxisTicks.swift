/// Round numbers that divide an axis: steps of 1, 2 or 5 times a power of ten.
struct AxisTicks: Equatable {
  /// The numbers, ascending.
  let values: [Double]
  /// The digits after the point that tell neighbours apart.
  let digits: Int

  /// Ticks that enclose a range of values.
  /// - Parameters:
  ///   - low: the smallest value.
  ///   - high: the largest value.
  ///   - count: about how many intervals to make.
  init(enclosing low: Double, _ high: Double, count: Int) {
    let spread = high > low ? high - low : max(abs(high), 1) * 0.1
    let step = Self.roundStep(spread / Double(count))
    let first = (low / step + 1e-9).rounded(.down)
    let last = max(first + 1, (high / step - 1e-9).rounded(.up))
    values = (0...Int(last - first)).map { (first + Double($0)) * step }
    digits = Self.digits(of: step)
  }

  /// Ticks from zero to at least `high` in exactly `count` intervals, to stand beside those of another axis.
  init(fromZeroTo high: Double, intervals count: Int) {
    let rough = (high > 0 ? high : 1) / Double(count)
    let power = Self.power(below: rough)
    let factors = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]
    let step = (factors.first { $0 * power >= rough * (1 - 1e-9) } ?? 10) * power
    values = (0...count).map { Double($0) * step }
    digits =
      Self.digits(of: step) + (step == step.rounded() || step / power == (step / power).rounded() ? 0 : 1)
  }

  /// Ticks inside a range of whole numbers.
  init(inside low: Int, _ high: Int, count: Int) {
    let step = max(1, Self.roundStep(Double(high - low) / Double(count)))
    let first = (Double(low) / step).rounded(.up)
    let last = (Double(high) / step).rounded(.down)
    values = last < first ? [Double(low)] : (0...Int(last - first)).map { (first + Double($0)) * step }
    digits = 0
  }

  private static func roundStep(_ rough: Double) -> Double {
    let power = power(below: rough)
    let factor = rough / power
    return (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10) * power
  }

  private static func power(below value: Double) -> Double {
    var power = 1.0
    while power * 10 <= value { power *= 10 }
    while power > value { power /= 10 }
    return power
  }

  private static func digits(of step: Double) -> Int {
    var digits = 0
    var scaled = step
    while scaled < 1 - 1e-9, digits < 9 {
      scaled *= 10
      digits += 1
    }
    return digits
  }
}
