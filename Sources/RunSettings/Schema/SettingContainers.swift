extension Optional: SettingValue where Wrapped: SettingValue {
  /// The wrapped expectation, or null.
  public static var expectation: String { Wrapped.expectation + " or null" }
  /// The wrapped words.
  public static var choices: [String] { Wrapped.choices }

  /// The wrapped value, or nothing for `null`.
  public static func reading(_ node: JSONNode) -> SettingReading<Wrapped?> {
    if case .null = node.value { return .value(nil) }
    switch Wrapped.reading(node) {
    case .value(let value): return .value(value)
    case .lenient(let value, let advice): return .lenient(value, advice: advice)
    case .mismatch: return .mismatch
    }
  }

  /// The wrapped text, or `null`.
  public var text: String { self?.text ?? "null" }
  /// The wrapped numbers.
  public var numbers: [Double] { self?.numbers ?? [] }
}

extension Array: SettingValue where Element: SettingValue {
  /// `a list, each ...`.
  public static var expectation: String { "a list, each element \(Element.expectation)" }
  /// The words of the elements.
  public static var choices: [String] { Element.choices }

  /// A list; a single string stands for a list of one.
  public static func reading(_ node: JSONNode) -> SettingReading<[Element]> {
    guard case .array(let nodes) = node.value else {
      if case .string = node.value, case .value(let only) = Element.reading(node) {
        return .lenient([only], advice: "a list, [\(node.shortText)]")
      }
      return .mismatch
    }
    var elements: [Element] = []
    for node in nodes {
      switch Element.reading(node) {
      case .value(let element), .lenient(let element, _): elements.append(element)
      case .mismatch: return .mismatch
      }
    }
    return .value(elements)
  }

  /// The elements in brackets.
  public var text: String { "[" + map(\.text).joined(separator: ", ") + "]" }
  /// The numbers of all elements.
  public var numbers: [Double] { flatMap(\.numbers) }
}

/// One number for all parameter groups, or one for each.
public enum PerGroup: SettingValue {
  /// The same for all groups.
  case same(Double)
  /// One number for each parameter group, in their order.
  case each([Double])

  /// `a number, or a list ...`.
  public static var expectation: String { "a number, or a list with a number for each parameter group" }

  /// A number or a list of numbers.
  public static func reading(_ node: JSONNode) -> SettingReading<PerGroup> {
    if case .array = node.value {
      guard case .value(let numbers) = [Double].reading(node), !numbers.isEmpty else { return .mismatch }
      return .value(.each(numbers))
    }
    switch Double.reading(node) {
    case .value(let number): return .value(.same(number))
    case .lenient(let number, let advice): return .lenient(.same(number), advice: advice)
    case .mismatch: return .mismatch
    }
  }

  /// The number or the list.
  public var text: String {
    switch self {
    case .same(let number): number.text
    case .each(let numbers): numbers.text
    }
  }

  /// All numbers.
  public var numbers: [Double] {
    switch self {
    case .same(let number): [number]
    case .each(let numbers): numbers
    }
  }

  /// The number of one parameter group; groups beyond the list take its last number.
  /// - Parameter group: index of the parameter group, from 0.
  public func value(forGroup group: Int) -> Double {
    switch self {
    case .same(let number): number
    case .each(let numbers): numbers[Swift.min(Swift.max(group, 0), numbers.count - 1)]
    }
  }
}

/// A value, or the word `auto` that leaves it to the engine.
public enum OrAuto<Value: SettingValue>: SettingValue {
  /// The engine chooses.
  case auto
  /// The value as written.
  case fixed(Value)

  /// The wrapped expectation, or "auto".
  public static var expectation: String { Value.expectation + " or \"auto\"" }

  /// The word `auto` or the wrapped value.
  public static func reading(_ node: JSONNode) -> SettingReading<OrAuto> {
    if node.string == "auto" { return .value(.auto) }
    switch Value.reading(node) {
    case .value(let value): return .value(.fixed(value))
    case .lenient(let value, let advice): return .lenient(.fixed(value), advice: advice)
    case .mismatch: return .mismatch
    }
  }

  /// The wrapped text or `"auto"`.
  public var text: String {
    if case .fixed(let value) = self { value.text } else { "\"auto\"" }
  }

  /// The wrapped numbers.
  public var numbers: [Double] {
    if case .fixed(let value) = self { value.numbers } else { [] }
  }
}
