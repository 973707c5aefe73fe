/// The arguments of a call while they are matched with parameters.
struct CallArguments {
  private(set) var positional: [Value]
  var named: [(name: String, value: Value)]

  init(_ positional: [Value] = [], named: [(name: String, value: Value)] = []) {
    self.positional = positional
    self.named = named
  }

  /// The next parameter's value: the next positional one, or else the one of that name.
  mutating func take(_ name: String) -> Value? {
    // A macro's `caller` is only ever passed by name.
    if name != "caller", !positional.isEmpty { return positional.removeFirst() }
    guard let index = named.firstIndex(where: { $0.name == name }) else { return nil }
    return named.remove(at: index).value
  }

  mutating func required(_ name: String) throws(TemplateError) -> Value {
    guard let value = take(name) else { throw TemplateError(.type, "the argument '\(name)' is missing") }
    return value
  }

  mutating func text(_ name: String) throws(TemplateError) -> String? {
    guard let value = take(name) else { return nil }
    guard let text = value.text else {
      throw TemplateError(.type, "expected '\(name)' to be a string, found \(value.typeName)")
    }
    return text
  }

  mutating func requiredText(_ name: String) throws(TemplateError) -> String {
    guard let text = try text(name) else { throw TemplateError(.type, "the argument '\(name)' is missing") }
    return text
  }

  mutating func integer(_ name: String) throws(TemplateError) -> Int? {
    guard let value = take(name) else { return nil }
    if case .none = value { return nil }
    guard let integer = value.integer else {
      throw TemplateError(.type, "expected '\(name)' to be an integer, found \(value.typeName)")
    }
    return integer
  }

  mutating func flag(_ name: String, default fallback: Bool = false) -> Bool {
    take(name)?.isTrue ?? fallback
  }

  mutating func removePositional() -> [Value] {
    defer { positional = [] }
    return positional
  }

  /// - Throws: `TemplateError` if an argument is left that nothing took.
  func end(of function: String) throws(TemplateError) {
    if let name = named.first?.name { throw TemplateError(.type, "\(function) has no argument '\(name)'") }
    if !positional.isEmpty { throw TemplateError(.type, "\(function) got too many arguments") }
  }
}
