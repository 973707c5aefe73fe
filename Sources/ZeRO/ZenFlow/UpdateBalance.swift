/// When the gradients that wait outweigh those that are applied at once: DeepSpeed's rule for
/// `update_interval: "auto"`.
///
/// With n steps since the last update, and sums of absolute gradients of one weight in this step:
///
///     applied = (applied * (n - 1) + chosen columns) / n / (10 * share)
///     waiting = waiting + other columns / (10 * (1 - share))
///
/// An update is due when `waiting >= applied` in enough of the weights.
struct UpdateBalance {
  private let share: Double
  private let enough: Double
  private var stepCount = 0
  private var applied: [Double]
  private var waiting: [Double]

  /// - Parameters:
  ///   - count: weights.
  ///   - share: of the columns that are chosen.
  ///   - enough: the share of the weights that must be outweighed.
  init(count: Int, share: Double, enough: Double) {
    self.share = share
    self.enough = enough
    applied = Array(repeating: 0, count: count)
    waiting = applied
  }

  /// Takes one step in.
  ///
  /// - Parameter sums: of each weight those of the chosen columns, and of all.
  mutating func add(_ sums: [(chosen: Double, all: Double)]) {
    stepCount += 1
    for (index, sum) in sums.enumerated() {
      applied[index] = (applied[index] * Double(stepCount - 1) + sum.chosen) / Double(stepCount) / (10 * share)
      waiting[index] += (sum.all - sum.chosen) / (10 * (1 - share))
    }
  }

  /// Whether an update is due.
  var isDue: Bool {
    zip(waiting, applied).filter { $0 >= $1 }.count >= Int(enough * Double(applied.count))
  }

  /// What waited is applied.
  mutating func restart() {
    stepCount = 0
    for index in waiting.indices { waiting[index] = 0 }
  }
}
