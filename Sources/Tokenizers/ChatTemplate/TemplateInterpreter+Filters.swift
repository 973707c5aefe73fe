/// The filters of the template language, as in `x | trim`.
extension TemplateInterpreter {
  mutating func filter(_ name: String, _ input: Value, _ arguments: CallArguments) throws(TemplateError)
    -> Value
  {
    try countStep()
    var arguments = arguments
    if let result = try TextFilters.apply(name, input, &arguments) { return result }
    if let result = try listFilter(name, input, &arguments) { return result }
    switch name {
    case "default", "d":
      let fallback = arguments.take("default_value") ?? .string("")
      let coversFalse = arguments.flag("boolean")
      return input.isUndefined || (coversFalse && !input.isTrue) ? fallback : input
    case "tojson": return .string(try JSONWriter(&arguments).text(of: input))
    case "items":
      if input.isUndefined { return .list([]) }
      guard case .dictionary(let dictionary) = input else { throw Self.mismatch(name, "a mapping", input) }
      return .list(dictionary.entries.map { .tuple([$0.key, $0.value]) })
    case "dictsort": return try dictionarySorted(input, &arguments)
    case "length", "count":
      guard let count = input.count else { throw Self.mismatch(name, "something with a length", input) }
      return .int(count)
    case "abs":
      guard let number = input.number else { throw Self.mismatch(name, "a number", input) }
      return number < 0 ? try Arithmetic.subtract(.int(0), input) : input
    case "int", "float": return try converted(name, input, &arguments)
    case "round": return try rounded(input, &arguments)
    case "attr":
      let name = try arguments.requiredText("name")
      if case .dictionary = input, !TemplateMethod.exists(name, on: input) { return .undefined(name) }
      return try attribute(name, of: input)
    default: throw TemplateError(.undefined, "there is no filter '\(name)'")
    }
  }

  static func mismatch(_ filter: String, _ expected: String, _ found: Value) -> TemplateError {
    if case .undefined(let name) = found {
      return TemplateError(.undefined, "'\(name)' is undefined; '\(filter)' expects \(expected)")
    }
    return TemplateError(.type, "'\(filter)' expects \(expected), found \(found.typeName)")
  }

  private func dictionarySorted(_ input: Value, _ arguments: inout CallArguments) throws(TemplateError)
    -> Value
  {
    guard case .dictionary(let dictionary) = input else {
      throw Self.mismatch("dictsort", "a mapping", input)
    }
    let isCaseSensitive = arguments.flag("case_sensitive")
    let usesValues = try arguments.text("by") == "value"
    let pairs = dictionary.entries.map { Value.tuple([$0.key, $0.value]) }
    let sorted = try Self.sorted(pairs, isReversed: arguments.flag("reverse")) { pair in
      let key = pair.elements?[usesValues ? 1 : 0] ?? .none
      return isCaseSensitive ? key : Self.foldingCase(key)
    }
    return .list(sorted)
  }

  private func converted(
    _ name: String, _ input: Value, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let fallback = arguments.take("default") ?? (name == "int" ? .int(0) : .double(0))
    if name == "float" {
      if let number = input.number { return .double(number) }
      return input.text.flatMap { Double(PythonText.stripped($0, of: nil)) }.map(Value.double) ?? fallback
    }
    if let integer = input.integer { return .int(integer) }
    let number: Double?
    if let text = input.text {
      let trimmed = PythonText.stripped(text, of: nil)
      if let integer = Int(trimmed) { return .int(integer) }
      number = Double(trimmed)
    } else {
      number = input.number
    }
    return number.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(Value.int) ?? fallback
  }

  private func rounded(_ input: Value, _ arguments: inout CallArguments) throws(TemplateError) -> Value {
    guard let number = input.number else { throw Self.mismatch("round", "a number", input) }
    let precision = try arguments.integer("precision") ?? 0
    let method = try arguments.text("method") ?? "common"
    guard (0...15).contains(precision) else { throw TemplateError(.type, "'round' takes 0 to 15 digits") }
    var scale = 1.0
    for _ in 0..<precision { scale *= 10 }
    let rule: FloatingPointRoundingRule =
      method == "ceil" ? .up : method == "floor" ? .down : .toNearestOrEven
    return .double((number * scale).rounded(rule) / scale)
  }

  /// A string in lower case, by which filters compare unless told otherwise; other values as they are.
  static func foldingCase(_ value: Value) -> Value { value.text.map { .string($0.lowercased()) } ?? value }

  /// The values in ascending order of a key; equal ones keep their order.
  static func sorted(
    _ values: [Value], isReversed: Bool, _ key: (Value) throws(TemplateError) -> Value
  ) throws(TemplateError) -> [Value] {
    var keyed: [(key: Value, value: Value, place: Int)] = []
    for (place, value) in values.enumerated() { keyed.append((try key(value), value, place)) }
    for pair in zip(keyed, keyed.dropFirst()) where pair.0.key.isLess(than: pair.1.key) == nil {
      throw TemplateError(.type, "\(pair.0.key.typeName) and \(pair.1.key.typeName) have no order")
    }
    keyed.sort { left, right in
      if left.key.isEqual(right.key) { return left.place < right.place }
      return (left.key.isLess(than: right.key) ?? false) != isReversed
    }
    return keyed.map(\.value)
  }
}
