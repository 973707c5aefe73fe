/// The rectangle that the lines of a chart live in, in pixels from the top left.
struct PlotFrame {
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
}

/// A linear map from values to pixels.
struct PlotScale {
  let from: Double
  let to: Double
  let start: Double
  let end: Double

  func position(_ value: Double) -> Double { start + (value - from) / (to - from) * (end - start) }
}

/// An SVG drawing under construction.
struct SVGCanvas {
  enum Anchor: String { case start, middle, end }

  let width: Double
  let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double) {
    add(
      "line",
      [
        ("x1", Self.number(x1)), ("y1", Self.number(y1)), ("x2", Self.number(x2)), ("y2", Self.number(y2)),
        ("stroke", color), ("stroke-width", Self.number(width)),
      ])
  }

  mutating func polyline(_ points: [(Double, Double)], color: String, width: Double, opacity: Double) {
    if points.isEmpty { return }
    add(
      "polyline",
      [
        ("points", points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")),
        ("fill", "none"), ("stroke", color), ("stroke-width", Self.number(width)),
        ("stroke-opacity", Self.number(opacity)), ("stroke-linejoin", "round"), ("stroke-linecap", "round"),
      ])
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, color: String) {
    add(
      "circle",
      [("cx", Self.number(x)), ("cy", Self.number(y)), ("r", Self.number(radius)), ("fill", color)])
  }

  /// Draws a text; `turn` is in degrees around its middle.
  mutating func text(
    _ text: String, x: Double, y: Double, size: Double, color: String, anchor: Anchor = .start,
    weight: Int = 400, turn: Double? = nil
  ) {
    if text.isEmpty { return }
    var attributes = [
      ("x", Self.number(x)), ("y", Self.number(y)), ("font-size", Self.number(size)),
      ("font-weight", "\(weight)"), ("fill", color),
      ("text-anchor", (turn == nil ? anchor : .middle).rawValue),
    ]
    if let turn {
      attributes.append(("transform", "rotate(\(Self.number(turn)) \(Self.number(x)) \(Self.number(y)))"))
    }
    add("text", attributes, content: text)
  }

  private mutating func add(_ name: String, _ attributes: [(String, String)], content: String? = nil) {
    let words = ([name] + attributes.map { "\($0)=\"\($1)\"" }).joined(separator: " ")
    elements.append(content.map { "<\(words)>\(Self.escaped($0))</\(name)>" } ?? "<\(words)/>")
  }

  func document(title: String) -> String {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    let box = "viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
    let fonts = "font-family=\"Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\""
    let head = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) \(box) role=\"img\" \(fonts)>",
      "<title>\(Self.escaped(title))</title>", "<rect \(size) fill=\"#ffffff\"/>",
    ]
    return (head + elements + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private static func number(_ value: Double) -> String {
    var text = NumberText.fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case _ where scalar.value < 0x20: " "
      default: String(scalar)
      }
    }.joined()
  }
}
