/// The filters that take and make sequences.
extension TemplateInterpreter {
  /// Nil if there is no such filter here.
  mutating func listFilter(
    _ name: String, _ input: Value, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value? {
    switch name {
    case "first": return try elements(input, name).first ?? .undefined("the first element")
    case "last": return try elements(input, name).last ?? .undefined("the last element")
    case "list": return .list(try elements(input, name))
    case "reverse":
      let reversed = try Array(elements(input, name).reversed())
      return input.text == nil ? .list(reversed) : .string(reversed.compactMap(\.text).joined())
    case "join": return try joined(elements(input, name), &arguments)
    case "map": return .list(try mapped(elements(input, name), &arguments))
    case "select", "reject", "selectattr", "rejectattr":
      return .list(try selected(name, elements(input, name), &arguments))
    case "sort": return .list(try sorted(elements(input, name), &arguments))
    case "unique": return .list(try unique(elements(input, name), &arguments))
    case "min", "max": return try extreme(name, elements(input, name), &arguments)
    case "sum": return try sum(elements(input, name), &arguments)
    case "batch", "slice": return .list(try grouped(name, elements(input, name), &arguments))
    case "groupby": return .list(try groups(elements(input, name), &arguments))
    default: return nil
    }
  }

  private func elements(_ input: Value, _ filter: String) throws(TemplateError) -> [Value] {
    guard let elements = input.elements else { throw Self.mismatch(filter, "a sequence", input) }
    return elements
  }

  /// The value at a path such as `function.name` or `0`.
  private func attribute(path: String, of value: Value) throws(TemplateError) -> Value {
    var value = value
    for part in PythonText.split(path, separator: ".") {
      value = try item(Int(part).map(Value.int) ?? .string(part), of: value)
    }
    return value
  }

  /// The path that an argument names, as a string or as a number.
  private func path(_ arguments: inout CallArguments) -> String? {
    arguments.take("attribute").map(PythonText.string)
  }

  private func key(_ path: String?, _ isCaseSensitive: Bool, _ value: Value) throws(TemplateError) -> Value {
    let found = try path.map { path throws(TemplateError) in try attribute(path: path, of: value) } ?? value
    return isCaseSensitive ? found : Self.foldingCase(found)
  }

  private func joined(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError) -> Value {
    let separator = PythonText.string(arguments.take("d") ?? .string(""))
    let path = path(&arguments)
    var parts: [String] = []
    for value in values { parts.append(PythonText.string(try key(path, true, value))) }
    return .string(try PythonText.joined(parts, separator: separator))
  }

  private mutating func mapped(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError)
    -> [Value]
  {
    var result: [Value] = []
    if let index = arguments.named.firstIndex(where: { $0.name == "attribute" }) {
      let path = PythonText.string(arguments.named.remove(at: index).value)
      let fallback = arguments.take("default")
      for value in values {
        let found = try attribute(path: path, of: value)
        result.append(found.isUndefined ? fallback ?? found : found)
      }
      return result
    }
    let filter = try arguments.requiredText("filter")
    for value in values { result.append(try self.filter(filter, value, arguments)) }
    return result
  }

  private mutating func selected(
    _ name: String, _ values: [Value], _ arguments: inout CallArguments
  ) throws(TemplateError) -> [Value] {
    let path: String? = name.hasSuffix("attr") ? PythonText.string(try arguments.required("attribute")) : nil
    let test = try arguments.text("test")
    let keeps = name.hasPrefix("select")
    var result: [Value] = []
    for value in values {
      let subject = try key(path, true, value)
      let holds =
        try test.map { test throws(TemplateError) in try self.test(test, subject, arguments) }
        ?? subject.isTrue
      if holds == keeps { result.append(value) }
    }
    return result
  }

  private func sorted(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError) -> [Value] {
    let isReversed = arguments.flag("reverse")
    let isCaseSensitive = arguments.flag("case_sensitive")
    let path = path(&arguments)
    return try Self.sorted(values, isReversed: isReversed) { value throws(TemplateError) in
      try key(path, isCaseSensitive, value)
    }
  }

  private func unique(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError) -> [Value] {
    let isCaseSensitive = arguments.flag("case_sensitive")
    let path = path(&arguments)
    var seen = ValueDictionary()
    var result: [Value] = []
    for value in values {
      let key = try key(path, isCaseSensitive, value)
      if seen[key] == nil { result.append(value) }
      seen[key] = .bool(true)
    }
    return result
  }

  private func extreme(
    _ name: String, _ values: [Value], _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    let isCaseSensitive = arguments.flag("case_sensitive")
    let path = path(&arguments)
    let sorted = try Self.sorted(values, isReversed: name == "max") { value throws(TemplateError) in
      try key(path, isCaseSensitive, value)
    }
    return sorted.first ?? .undefined("the \(name) of nothing")
  }

  private func sum(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError) -> Value {
    let path = path(&arguments)
    var total = arguments.take("start") ?? .int(0)
    for value in values { total = try Arithmetic.add(total, key(path, true, value)) }
    return total
  }

  private func grouped(
    _ name: String, _ values: [Value], _ arguments: inout CallArguments
  ) throws(TemplateError) -> [Value] {
    guard let count = try arguments.integer(name == "batch" ? "linecount" : "slices"), count > 0,
      count < 1 << 16
    else {
      throw TemplateError(.type, "'\(name)' expects a count above 0")
    }
    let filling = arguments.take("fill_with")
    var groups: [Value] = []
    var start = 0
    let groupCount = name == "batch" ? (values.count + count - 1) / count : count
    for index in 0..<groupCount {
      let isLonger = index < values.count % count
      let length =
        name == "batch" ? min(count, values.count - start) : values.count / count + (isLonger ? 1 : 0)
      var group = Array(values[start..<start + length])
      start += length
      if let filling, name == "batch" || (!isLonger && values.count % count > 0) {
        let target = name == "batch" ? count : length + 1
        group += Array(repeating: filling, count: target - group.count)
      }
      groups.append(.list(group))
    }
    return groups
  }

  private func groups(_ values: [Value], _ arguments: inout CallArguments) throws(TemplateError) -> [Value] {
    let path = path(&arguments)
    let sorted = try Self.sorted(values, isReversed: false) { value throws(TemplateError) in
      try key(path, false, value)
    }
    var groups: [(key: Value, values: [Value])] = []
    for value in sorted {
      if let last = groups.last, try key(path, false, value).isEqual(Self.foldingCase(last.key)) {
        groups[groups.count - 1].values.append(value)
      } else {
        groups.append((try key(path, true, value), [value]))
      }
    }
    return groups.map { .tuple([$0.key, .list($0.values)]) }
  }
}
