extension TemplateInterpreter {
  mutating func evaluated(_ expression: Expression) throws(TemplateError) -> Value {
    switch expression {
    case .literal(let value): return value
    case .name(let name): return variable(name)
    case .list(let items): return .list(try values(of: items))
    case .tuple(let items): return .tuple(try values(of: items))
    case .dictionary(let entries):
      var dictionary = ValueDictionary()
      for (key, value) in entries { dictionary[try self.value(of: key)] = try self.value(of: value) }
      return .dictionary(dictionary)
    case .attribute(let object, let name): return try attribute(name, of: value(of: object))
    case .item(let object, let index): return try item(value(of: index), of: value(of: object))
    case .slice(let object, let start, let stop, let step):
      return try slice(value(of: object), bound(start), bound(stop), bound(step))
    case .call(let callee, let arguments): return try call(value(of: callee), values(of: arguments))
    case .filter, .test: return try filterOrTest(expression)
    case .negative(let operand): return try Arithmetic.subtract(.int(0), value(of: operand))
    case .positive(let operand): return try Arithmetic.add(.int(0), value(of: operand))
    case .not(let operand): return .bool(try !value(of: operand).isTrue)
    case .and(let left, let right):
      let first = try value(of: left)
      return first.isTrue ? try value(of: right) : first
    case .or(let left, let right):
      let first = try value(of: left)
      return first.isTrue ? first : try value(of: right)
    case .binary(let operation, let left, let right):
      try countStep()
      return try Arithmetic.apply(operation, value(of: left), value(of: right))
    case .comparison(let left, let chain): return try comparison(value(of: left), chain)
    case .concatenation(let parts):
      var text = ""
      for part in parts {
        text += PythonText.string(try value(of: part))
        try TemplateLimits.check(bytes: text.utf8.count)
      }
      return .string(text)
    case .conditional(let condition, let then, let otherwise):
      if try value(of: condition).isTrue { return try value(of: then) }
      return try otherwise.map { other throws(TemplateError) in try value(of: other) } ?? .undefined("else")
    }
  }

  private mutating func filterOrTest(_ expression: Expression) throws(TemplateError) -> Value {
    switch expression {
    case .filter(let operand, let name, let arguments):
      let input =
        try operand.map { operand throws(TemplateError) in try value(of: operand) } ?? .undefined("")
      return try filter(name, input, values(of: arguments))
    case .test(let operand, let name, let arguments):
      return .bool(try test(name, value(of: operand), values(of: arguments)))
    default: return .none
    }
  }

  /// Applies a chain of filters that lacks its first input.
  mutating func filtered(_ input: Value, _ chain: Expression) throws(TemplateError) -> Value {
    guard case .filter(let operand, let name, let arguments) = chain else { return input }
    let value = try operand.map { operand throws(TemplateError) in try filtered(input, operand) } ?? input
    return try filter(name, value, values(of: arguments))
  }

  private mutating func values(of expressions: [Expression]) throws(TemplateError) -> [Value] {
    var values: [Value] = []
    for expression in expressions { values.append(try value(of: expression)) }
    return values
  }

  mutating func values(of arguments: Expression.Arguments) throws(TemplateError) -> CallArguments {
    var named: [(name: String, value: Value)] = []
    let positional = try values(of: arguments.positional)
    for (name, expression) in arguments.named { named.append((name, try value(of: expression))) }
    return CallArguments(positional, named: named)
  }

  private mutating func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
    guard let expression else { return nil }
    let value = try value(of: expression)
    if case .none = value { return nil }
    guard let integer = value.integer else {
      throw TemplateError(.type, "expected an integer as the bound of a slice, found \(value.typeName)")
    }
    return integer
  }

  private mutating func comparison(
    _ first: Value, _ chain: [(operation: Expression.Operator, value: Expression)]
  ) throws(TemplateError) -> Value {
    var left = first
    for (operation, expression) in chain {
      let right = try value(of: expression)
      guard try Arithmetic.compare(operation, left, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  func attribute(_ name: String, of object: Value) throws(TemplateError) -> Value {
    switch object {
    case .undefined(let missing):
      throw TemplateError(.undefined, "'\(missing)' is undefined, so that it has no '\(name)'")
    case .namespace(let index): return namespaces[index][name] ?? .undefined(name)
    case .loop(let state):
      if name == "cycle" { return .method(object, name) }
      return state.attribute(name) ?? .undefined("loop.\(name)")
    case .dictionary(let dictionary):
      if TemplateMethod.exists(name, on: object) { return .method(object, name) }
      return dictionary[name] ?? .undefined(name)
    default: return TemplateMethod.exists(name, on: object) ? .method(object, name) : .undefined(name)
    }
  }

  func item(_ index: Value, of object: Value) throws(TemplateError) -> Value {
    switch object {
    case .undefined(let missing):
      throw TemplateError(.undefined, "'\(missing)' is undefined, so that it has no items")
    case .dictionary(let dictionary):
      if let value = dictionary[index] { return value }
      return try index.text.map { name throws(TemplateError) in try attribute(name, of: object) }
        ?? .undefined("item")
    case .list(let values), .tuple(let values):
      if let position = index.integer {
        let place = position < 0 ? position + values.count : position
        return values.indices.contains(place) ? values[place] : .undefined("item \(position)")
      }
    case .string(let text):
      if let position = index.integer {
        let scalars = Array(text.unicodeScalars)
        let place = position < 0 ? position + scalars.count : position
        return scalars.indices.contains(place)
          ? .string(String(scalars[place])) : .undefined("item \(position)")
      }
    default: break
    }
    guard let name = index.text else { return .undefined("item") }
    return try attribute(name, of: object)
  }

  private func slice(_ object: Value, _ start: Int?, _ stop: Int?, _ step: Int?) throws(TemplateError)
    -> Value
  {
    guard let elements = object.elements else {
      throw TemplateError(.type, "expected something to slice, found \(object.typeName)")
    }
    if step == 0 { throw TemplateError(.type, "the step of a slice is 0") }
    let chosen = Self.indices(count: elements.count, start, stop, step ?? 1).map { elements[$0] }
    switch object {
    case .string: return .string(chosen.compactMap(\.text).joined())
    case .tuple: return .tuple(chosen)
    default: return .list(chosen)
    }
  }

  private static func indices(count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
    func clamped(_ bound: Int, _ low: Int, _ high: Int) -> Int {
      min(max(bound < 0 ? bound + count : bound, low), high)
    }
    var result: [Int] = []
    var index: Int
    if step > 0 {
      index = start.map { clamped($0, 0, count) } ?? 0
      let end = stop.map { clamped($0, 0, count) } ?? count
      while index < end {
        result.append(index)
        index = index.addingReportingOverflow(step).overflow ? end : index + step
      }
    } else {
      index = start.map { clamped($0, -1, count - 1) } ?? count - 1
      let end = stop.map { clamped($0, -1, count - 1) } ?? -1
      while index > end {
        result.append(index)
        index = index.addingReportingOverflow(step).overflow ? end : index + step
      }
    }
    return result
  }

  mutating func call(_ callee: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
    try countStep()
    switch callee {
    case .macro(let index): return try callMacro(index, arguments)
    case .function(let name): return try callFunction(name, arguments)
    case .method(.loop(let state), _):
      var arguments = arguments
      let values = arguments.removePositional()
      guard !values.isEmpty else { throw TemplateError(.type, "loop.cycle needs values to choose from") }
      return values[state.index % values.count]
    case .method(let object, let name): return try TemplateMethod.call(name, on: object, arguments)
    case .undefined(let name): throw TemplateError(.undefined, "there is no function or method '\(name)'")
    default: throw TemplateError(.type, "expected a function, found \(callee.typeName)")
    }
  }
}
