/// The limits of a number, in words and as a test.
public struct Allowed: Sendable {
  /// Words such as `at least 1`.
  public let text: String
  let contains: @Sendable (Double) -> Bool

  /// `number` or more.
  public static func atLeast(_ number: Double) -> Allowed {
    Allowed(text: "at least \(short(number))") { $0 >= number }
  }

  /// More than `number`.
  public static func above(_ number: Double) -> Allowed {
    Allowed(text: "greater than \(short(number))") { $0 > number }
  }

  /// From `low` to `high`, both included.
  public static func between(_ low: Double, _ high: Double) -> Allowed {
    Allowed(text: "from \(short(low)) to \(short(high))") { $0 >= low && $0 <= high }
  }

  /// More than `low` and less than `high`.
  public static func strictlyBetween(_ low: Double, _ high: Double) -> Allowed {
    Allowed(text: "greater than \(short(low)) and less than \(short(high))") { $0 > low && $0 < high }
  }

  /// From `low`, included, to `high`, excluded.
  public static func from(_ low: Double, below high: Double) -> Allowed {
    Allowed(text: "at least \(short(low)) and less than \(short(high))") { $0 >= low && $0 < high }
  }

  /// One of a few numbers.
  public static func oneOf(_ numbers: [Double]) -> Allowed {
    Allowed(text: "one of " + numbers.map(short).joined(separator: ", ")) { numbers.contains($0) }
  }

  private static func short(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? number.description
  }
}
