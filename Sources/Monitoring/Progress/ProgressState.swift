/// What a progress bar shows of a run at one moment.
public struct ProgressState: Sendable, Equatable {
  /// Optimizer steps done.
  public var step: Int
  /// Optimizer steps in all; nil while nobody knows.
  public var totalSteps: Int?
  /// Time since the first step started.
  public var elapsed: Duration
  /// Steps that were done before this run, which say nothing of its speed.
  public var resumedSteps = 0
  /// The loss of the last step.
  public var loss: Double?
  /// The learning rate of the last step.
  public var learningRate: Double?
  /// Trained tokens per second over all ranks.
  public var tokensPerSecond: Double?
  /// Model FLOPs utilisation, 0 to 1.
  public var utilization: Double?

  /// The state after `step` of `totalSteps` steps.
  public init(step: Int, totalSteps: Int?, elapsed: Duration) {
    self.step = step
    self.totalSteps = totalSteps
    self.elapsed = elapsed
  }

  /// Seconds that the remaining steps will take at the speed so far; nil before the first step and
  /// while the number of steps is not known.
  public var remainingSeconds: Double? {
    let done = step - resumedSteps
    guard done > 0, let totalSteps else { return nil }
    return elapsed / .seconds(1) / Double(done) * Double(max(0, totalSteps - step))
  }

  /// True after the last step, where it is known.
  public var isLast: Bool { totalSteps.map { step >= $0 } ?? false }

  var fraction: Double {
    guard let totalSteps, totalSteps > 0 else { return 0 }
    return min(1, max(0, Double(step) / Double(totalSteps)))
  }
}

extension ProgressState {
  private static let narrowestBar = 8
  private static let widestBar = 40

  /// The line that shows the state, without a line end; never wider than the style's width.
  public func line(_ style: ProgressStyle) -> String {
    let total = totalSteps.map(String.init) ?? "?"
    let count = String(repeating: " ", count: max(0, total.count - "\(step)".count)) + "\(step)/\(total)"
    guard let width = style.width else { return (["step \(count)"] + fields).joined(separator: "  ") }
    var shown = fields
    // The last column stays free: some terminals wrap when it is filled.
    let room = max(1, width - 1)
    while true {
      let text = ([count] + shown).joined(separator: "  ")
      let barWidth = min(Self.widestBar, room - text.count - 3)
      if barWidth >= Self.narrowestBar { return Self.bar(fraction, barWidth, style.usesUnicode) + " " + text }
      if shown.isEmpty { return String(text.prefix(room)) }
      shown.remove(at: leastImportant(shown))
    }
  }

  /// The measured values, most useful first.
  private var fields: [String] {
    var result: [String] = []
    if let loss { result.append("loss \(NumberText.fixed(loss, 4))") }
    if let learningRate { result.append("lr \(NumberText.short(learningRate))") }
    if let tokensPerSecond { result.append("\(NumberText.grouped(Int(tokensPerSecond.rounded()))) tok/s") }
    if let utilization { result.append("MFU \(NumberText.fixed(utilization * 100, 1)) %") }
    if isLast {
      result.append("took \(NumberText.duration(seconds: elapsed / .seconds(1)))")
    } else {
      result.append("ETA \(remainingSeconds.map(NumberText.duration) ?? "--")")
    }
    return result
  }

  /// On a narrow terminal the learning rate goes first, then utilisation, then speed; the loss stays longest.
  private func leastImportant(_ shown: [String]) -> Int {
    for prefix in ["lr ", "MFU "] {
      if let index = shown.firstIndex(where: { $0.hasPrefix(prefix) }) { return index }
    }
    return shown.firstIndex { $0.hasSuffix("tok/s") } ?? shown.count - 1
  }

  private static func bar(_ fraction: Double, _ width: Int, _ usesUnicode: Bool) -> String {
    if !usesUnicode {
      let filled = Int((fraction * Double(width)).rounded(.down))
      let head = filled < width && filled > 0 ? ">" : ""
      let body = String(repeating: "=", count: filled - head.count) + head
      return "[" + body + String(repeating: ".", count: width - body.count) + "]"
    }
    let eighths = Int((fraction * Double(width * 8)).rounded(.down))
    let partial: [Character] = [
      "\u{258F}", "\u{258E}", "\u{258D}", "\u{258C}", "\u{258B}", "\u{258A}", "\u{2589}",
    ]
    var body = String(repeating: "\u{2588}", count: eighths / 8)
    if eighths % 8 > 0 { body.append(partial[eighths % 8 - 1]) }
    return "\u{2595}" + body + String(repeating: " ", count: width - body.count) + "\u{258F}"
  }
}
