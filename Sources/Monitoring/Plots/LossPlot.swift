/// A chart of a run as an SVG file: loss on the left axis, tokens per second on the right, over steps.
public struct LossPlot: Sendable, Equatable {
  /// The values of one step.
  public struct Point: Sendable, Equatable {
    /// The optimizer step.
    public var step: Int
    /// The mean loss over all ranks; it may be infinite or not a number, and then is left out.
    public var loss: Double
    /// Trained tokens per second over all ranks; nil where it was not measured.
    public var tokensPerSecond: Double?

    /// The values of one step.
    public init(step: Int, loss: Double, tokensPerSecond: Double? = nil) {
      self.step = step
      self.loss = loss
      self.tokensPerSecond = tokensPerSecond
    }
  }

  /// The heading.
  public var title: String
  /// A smaller line below it, such as the model and the configuration; may be empty.
  public var subtitle: String
  /// The steps in ascending order.
  public var points: [Point]

  /// The size of the chart in pixels.
  static let (width, height) = (900.0, 480.0)
  private static let frame = PlotFrame(left: 76, right: 818, top: 104, bottom: 418)
  private static let legendLine = 84.0
  private static let pointLimit = 600
  private static let (lossColor, rateColor) = ("#2563eb", "#d97706")
  private static let (textColor, quietColor, gridColor) = ("#111827", "#6b7280", "#e5e7eb")

  /// A chart of some steps.
  public init(title: String = "Training", subtitle: String = "", points: [Point]) {
    self.title = title
    self.subtitle = subtitle
    self.points = points
  }

  /// Writes the chart to a file, replacing it in one move.
  /// - Throws: ``MonitorError``.
  public func write(to path: String) throws(MonitorError) { try OutputFile.replace(path, with: svg()) }

  /// The chart as the text of an SVG file.
  public func svg() -> String {
    let losses = points.filter(\.loss.isFinite).map { (x: Double($0.step), y: $0.loss) }
    let rates = points.compactMap { point in
      point.tokensPerSecond.flatMap { $0.isFinite ? (x: Double(point.step), y: $0) : nil }
    }
    var canvas = SVGCanvas(width: Self.width, height: Self.height)
    canvas.text(title, x: Self.frame.left, y: 36, size: 19, color: Self.textColor, weight: 600)
    canvas.text(subtitle, x: Self.frame.left, y: 58, size: 13, color: Self.quietColor)
    let steps = stepAxis(&canvas)
    if losses.isEmpty {
      canvas.text(
        "no finite loss was recorded", x: Self.width / 2, y: Self.height / 2, size: 14,
        color: Self.quietColor,
        anchor: .middle)
    } else {
      let ticks = AxisTicks(enclosing: losses.map(\.y).min() ?? 0, losses.map(\.y).max() ?? 1, count: 6)
      let axis = lossAxis(&canvas, ticks)
      drawRates(rates, steps, intervals: ticks.values.count - 1, &canvas)
      drawLosses(losses, steps, axis, &canvas)
    }
    legend(&canvas, losses: losses.count, hasRates: !rates.isEmpty)
    return canvas.document(title: title)
  }

  private func stepAxis(_ canvas: inout SVGCanvas) -> PlotScale {
    let (first, last) = (points.first?.step ?? 0, points.last?.step ?? 1)
    let frame = Self.frame
    let scale = PlotScale(
      from: Double(first), to: Double(max(last, first + 1)), start: frame.left, end: frame.right)
    canvas.line(frame.left, frame.bottom, frame.right, frame.bottom, color: "#9ca3af", width: 1)
    for tick in AxisTicks(inside: first, last, count: 10).values {
      let x = scale.position(tick)
      canvas.line(x, frame.bottom, x, frame.bottom + 5, color: "#9ca3af", width: 1)
      canvas.text(
        NumberText.grouped(Int(tick)), x: x, y: frame.bottom + 21, size: 12, color: Self.quietColor,
        anchor: .middle)
    }
    canvas.text(
      "optimizer step", x: (frame.left + frame.right) / 2, y: frame.bottom + 46, size: 13,
      color: Self.quietColor,
      anchor: .middle)
    return scale
  }

  private func lossAxis(_ canvas: inout SVGCanvas, _ ticks: AxisTicks) -> PlotScale {
    let frame = Self.frame
    let scale = PlotScale(
      from: ticks.values[0], to: ticks.values[ticks.values.count - 1], start: frame.bottom, end: frame.top)
    for tick in ticks.values {
      let y = scale.position(tick)
      if tick != ticks.values[0] {
        canvas.line(frame.left, y, frame.right, y, color: Self.gridColor, width: 1)
      }
      canvas.text(
        NumberText.fixed(tick, ticks.digits), x: frame.left - 10, y: y + 4, size: 12, color: Self.lossColor,
        anchor: .end)
    }
    canvas.text("loss", x: 26, y: (frame.top + frame.bottom) / 2, size: 13, color: Self.lossColor, turn: -90)
    return scale
  }

  /// The right axis starts at zero, so that a dip looks as large as it is, and shares the left one's grid.
  private func drawRates(
    _ rates: [(x: Double, y: Double)], _ steps: PlotScale, intervals: Int, _ canvas: inout SVGCanvas
  ) {
    guard let highest = rates.map(\.y).max() else { return }
    let ticks = AxisTicks(fromZeroTo: highest * 1.02, intervals: intervals)
    let frame = Self.frame
    let scale = PlotScale(
      from: 0, to: ticks.values[ticks.values.count - 1], start: frame.bottom, end: frame.top)
    for tick in ticks.values {
      let y = scale.position(tick)
      canvas.line(frame.right, y, frame.right + 5, y, color: Self.rateColor, width: 1)
      let label = ticks.digits == 0 ? NumberText.grouped(Int(tick)) : NumberText.fixed(tick, ticks.digits)
      canvas.text(label, x: frame.right + 10, y: y + 4, size: 12, color: Self.rateColor)
    }
    canvas.text(
      "tokens per second", x: Self.width - 14, y: (frame.top + frame.bottom) / 2, size: 13,
      color: Self.rateColor, turn: 90)
    let line = Self.thinned(rates).map { (steps.position($0.x), scale.position($0.y)) }
    canvas.polyline(line, color: Self.rateColor, width: 1.5, opacity: 0.75)
  }

  /// The measured loss is faint and a running mean stands out, once there is enough to take a mean of.
  private func drawLosses(
    _ losses: [(x: Double, y: Double)], _ steps: PlotScale, _ axis: PlotScale, _ canvas: inout SVGCanvas
  ) {
    let shown = Self.thinned(losses)
    func place(_ values: [(x: Double, y: Double)]) -> [(Double, Double)] {
      values.map { (steps.position($0.x), axis.position($0.y)) }
    }
    if Self.isSmoothed(losses.count) {
      canvas.polyline(place(shown), color: Self.lossColor, width: 1, opacity: 0.35)
      canvas.polyline(place(Self.smoothed(shown)), color: Self.lossColor, width: 2.5, opacity: 1)
    } else {
      let line = place(shown)
      canvas.polyline(line, color: Self.lossColor, width: 2.5, opacity: 1)
      for (x, y) in line { canvas.dot(x, y, radius: 3, color: Self.lossColor) }
    }
  }

  private func legend(_ canvas: inout SVGCanvas, losses count: Int, hasRates: Bool) {
    var entries: [(text: String, color: String, thickness: Double, opacity: Double)] = []
    if Self.isSmoothed(count) {
      entries = [("loss", Self.lossColor, 1, 0.5), ("running mean", Self.lossColor, 2.5, 1)]
    } else if count > 0 {
      entries = [("loss", Self.lossColor, 2.5, 1)]
    }
    if hasRates { entries.append(("tokens/s", Self.rateColor, 1.5, 0.75)) }
    var x = Self.frame.right
    for entry in entries.reversed() {
      x -= Double(entry.text.count) * 6.8
      canvas.text(entry.text, x: x, y: Self.legendLine, size: 12, color: Self.quietColor)
      let sample = [(x - 26, Self.legendLine - 4), (x - 7, Self.legendLine - 4)]
      canvas.polyline(sample, color: entry.color, width: entry.thickness, opacity: entry.opacity)
      x -= 46
    }
  }

  private static func isSmoothed(_ count: Int) -> Bool { count > 40 }

  /// A straight line through the neighbours of each point, about a thirtieth of the run, read at that point:
  /// inside the run that is their mean, and at its ends it neither lags nor jumps.
  static func smoothed(_ values: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let reach = max(1, values.count / 60)
    return values.indices.map { index in
      let window = values[max(0, index - reach)...min(values.count - 1, index + reach)]
      let count = Double(window.count)
      let (meanX, meanY) = (window.reduce(0) { $0 + $1.x } / count, window.reduce(0) { $0 + $1.y } / count)
      let spread = window.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
      let slope = spread > 0 ? window.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread : 0
      return (values[index].x, meanY + slope * (values[index].x - meanX))
    }
  }

  /// Means over equal stretches where there are more points than the chart has room for.
  static func thinned(_ values: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard values.count > pointLimit else { return values }
    return (0..<pointLimit).map { index in
      let stretch = values[(index * values.count / pointLimit)..<((index + 1) * values.count / pointLimit)]
      let count = Double(stretch.count)
      return (stretch.reduce(0) { $0 + $1.x } / count, stretch.reduce(0) { $0 + $1.y } / count)
    }
  }
}
