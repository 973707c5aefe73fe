/// Everything that is wrong in a configuration, at once.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// More problems than these are not collected: a hostile text must not cost memory and patience.
  static let problemLimit = 100

  /// The problems in the order of the text; never empty.
  public let problems: [ConfigurationProblem]

  /// An error of one problem.
  public init(_ problem: ConfigurationProblem) { problems = [problem] }

  /// An error of several problems, nil when there is none.
  init?(_ problems: [ConfigurationProblem]) {
    guard !problems.isEmpty else { return nil }
    self.problems = problems.inTextOrder()
  }

  /// One line a problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension [ConfigurationProblem] {
  /// The problems by line and column; those without a place come last, in their own order.
  func inTextOrder() -> [ConfigurationProblem] {
    let far = TextPlace(line: .max, column: .max)
    return enumerated().sorted { first, second in
      let (a, b) = (first.element.place ?? far, second.element.place ?? far)
      return (a.line, a.column, first.offset) < (b.line, b.column, second.offset)
    }.map(\.element)
  }
}
