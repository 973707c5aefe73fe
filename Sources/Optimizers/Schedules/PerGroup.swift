/// An option of a schedule that is one number for all parameter groups or a list with one for each.
public enum PerGroup: Codable, Sendable, Equatable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  /// The same number for every group.
  case same(Double)
  /// One number a group, in the order of the groups.
  case each([Double])

  /// The same number for every group, so that code can write `0.001`.
  public init(floatLiteral value: Double) {
    self = .same(value)
  }

  /// The same number for every group, so that code can write `0`.
  public init(integerLiteral value: Int) {
    self = .same(Double(value))
  }

  /// Reads a number, or else a list of numbers.
  ///
  /// - Throws: `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Double.self) {
      self = .same(value)
    } else {
      self = .each(try container.decode([Double].self))
    }
  }

  /// Writes what was read: a number or a list.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .same(let value): try container.encode(value)
    case .each(let values): try container.encode(values)
    }
  }

  /// The number of a group; the group must exist, which `check` makes sure of.
  subscript(group: Int) -> Double {
    switch self {
    case .same(let value): value
    case .each(let values): values[group]
    }
  }

  /// Throws unless there is a finite number of at least 0 for each group.
  func check(_ name: String, groupCount: Int) throws(OptimizerError) {
    switch self {
    case .same(let value):
      try OptimizerError.check(name, value, "a finite number of at least 0") { $0 >= 0 }
    case .each(let values):
      guard values.count == groupCount else {
        throw .option(
          name: name, value: "a list of \(values.count) numbers",
          expected: "one number or a list of \(groupCount), one for each parameter group")
      }
      for value in values {
        try OptimizerError.check(name, value, "a list of finite numbers of at least 0") { $0 >= 0 }
      }
    }
  }
}
