/// Runs the statements of a template.
struct TemplateInterpreter {
  /// What a statement did to the loop around it.
  enum Flow { case goesOn, breaks, continues }

  struct Closure {
    let macro: Statement.Macro
    /// The variables around the macro where it was written, less the outermost ones, which it sees as they
    /// are.
    let captured: [[String: Value]]
    let caller: Value?
  }

  private static let stepLimit = 1_000_000
  private static let outputLimit = 1 << 25
  /// Expressions and statements inside each other, through macros too; the stack holds several times as many.
  private static let depthLimit = 400

  /// Variables, the innermost scope last.
  var scopes: [[String: Value]]
  var namespaces: [[String: Value]] = []
  var closures: [Closure] = []
  private(set) var output = ""
  private var stepCount = 0
  private var depth = 0
  private var loopDepth = 0
  /// Seconds since 1970 that the template takes for now.
  let time: Int

  init(variables: [String: Value], time: Int) {
    scopes = [variables]
    self.time = time
  }

  mutating func run(_ body: [Statement]) throws(TemplateError) -> Flow {
    try descend()
    defer { depth -= 1 }
    for statement in body {
      let flow = try run(statement)
      if flow != .goesOn { return flow }
    }
    return .goesOn
  }

  /// Counts one more level of nesting, which the caller has to leave again.
  private mutating func descend() throws(TemplateError) {
    if depth >= Self.depthLimit { throw TemplateError(.limit, "the template runs over \(depth) levels deep") }
    depth += 1
  }

  /// The value of an expression; what it took to make a long one counts as work.
  mutating func value(of expression: Expression) throws(TemplateError) -> Value {
    try descend()
    defer { depth -= 1 }
    let value = try evaluated(expression)
    switch expression {
    case .binary, .concatenation, .filter, .call, .slice, .list, .tuple: try countStep(value.weight)
    default: break
    }
    return value
  }

  /// Counts work, so that no template runs for ever.
  mutating func countStep(_ weight: Int = 1) throws(TemplateError) {
    stepCount += weight
    if stepCount > Self.stepLimit { throw TemplateError(.limit, "the template does not come to an end") }
    if output.utf8.count > Self.outputLimit { throw TemplateError(.limit, "the template writes without end") }
  }

  /// Runs `body` and blames its errors on a line, unless they name one.
  private mutating func onLine<Result>(
    _ line: Int, _ body: (inout TemplateInterpreter) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result {
    do {
      try countStep()
      return try body(&self)
    } catch {
      throw error.at(line)
    }
  }

  private mutating func run(_ statement: Statement) throws(TemplateError) -> Flow {
    switch statement {
    case .text(let text): output += text
    case .output(let expression, let line):
      output += try onLine(line) { this throws(TemplateError) in
        PythonText.string(try this.value(of: expression))
      }
    case .loop(let loop, let line):
      try onLine(line) { this throws(TemplateError) in try this.run(loop) }
    case .branches(let branches, let otherwise, let line): return try run(branches, otherwise, line)
    case .set(let target, let expression, let line):
      try onLine(line) { this throws(TemplateError) in try this.assign(this.value(of: expression), to: target)
      }
    case .setBlock(let target, let filter, let body, let line):
      try onLine(line) { this throws(TemplateError) in
        let text = try this.captured(body)
        try this.assign(
          filter.map { filter throws(TemplateError) in try this.filtered(text, filter) } ?? text, to: target)
      }
    case .macro(let macro): define(macro)
    case .callBlock(let call, let caller, let line):
      try onLine(line) { this throws(TemplateError) in try this.run(call, caller: caller) }
    case .filterBlock(let filter, let body, let line):
      output += try onLine(line) { this throws(TemplateError) in
        PythonText.string(try this.filtered(this.captured(body), filter))
      }
    case .scope(let variables, let body, let line):
      return try onLine(line) { this throws(TemplateError) in try this.run(variables, body) }
    case .breakLoop: return .breaks
    case .continueLoop: return .continues
    }
    return .goesOn
  }

  private mutating func run(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement], _ line: Int
  ) throws(TemplateError) -> Flow {
    for (condition, body) in branches {
      let holds = try onLine(line) { this throws(TemplateError) in try this.value(of: condition).isTrue }
      if holds { return try run(body) }
    }
    return try run(otherwise)
  }

  private mutating func run(
    _ variables: [(name: String, value: Expression)], _ body: [Statement]
  ) throws(TemplateError) -> Flow {
    var scope: [String: Value] = [:]
    for (name, value) in variables { scope[name] = try self.value(of: value) }
    scopes.append(scope)
    defer { scopes.removeLast() }
    return try run(body)
  }

  private mutating func run(_ loop: Statement.Loop) throws(TemplateError) {
    let sequence = try value(of: loop.sequence)
    guard var elements = sequence.elements else {
      throw TemplateError(.type, "expected something to loop over, found \(sequence.typeName)")
    }
    loopDepth += 1
    scopes.append([:])
    defer {
      scopes.removeLast()
      loopDepth -= 1
    }
    if let condition = loop.condition { elements = try kept(elements, loop.target, condition) }
    for (index, element) in elements.enumerated() {
      try countStep()
      let state = LoopState(
        index: index, count: elements.count, depth: loopDepth,
        previous: index > 0 ? elements[index - 1] : .undefined("loop.previtem"),
        next: index + 1 < elements.count ? elements[index + 1] : .undefined("loop.nextitem"))
      scopes[scopes.count - 1] = ["loop": .loop(state)]
      try assign(element, to: loop.target)
      if try run(loop.body) == .breaks { return }
    }
    if elements.isEmpty {
      scopes[scopes.count - 1] = [:]
      _ = try run(loop.otherwise)
    }
  }

  /// The elements for which a loop's condition holds.
  private mutating func kept(
    _ elements: [Value], _ target: AssignmentTarget, _ condition: Expression
  ) throws(TemplateError) -> [Value] {
    var result: [Value] = []
    for element in elements {
      try countStep()
      scopes[scopes.count - 1] = [:]
      try assign(element, to: target)
      if try value(of: condition).isTrue { result.append(element) }
    }
    return result
  }

  mutating func assign(_ value: Value, to target: AssignmentTarget) throws(TemplateError) {
    // Whatever grows without end does so through assignments.
    try countStep(TemplateLimits.size(of: value) >> 4)
    switch target {
    case .name(let name): scopes[scopes.count - 1][name] = value
    case .attribute(let object, let name):
      guard case .namespace(let index) = variable(object) else {
        throw TemplateError(
          .type, "expected '\(object)' to be a namespace, since its '\(name)' is assigned to")
      }
      namespaces[index][name] = value
    case .tuple(let targets):
      guard let elements = value.elements, elements.count == targets.count, !value.isUndefined else {
        throw TemplateError(.type, "expected \(targets.count) values to assign, found \(value.typeName)")
      }
      for (target, element) in zip(targets, elements) { try assign(element, to: target) }
    }
  }

  func variable(_ name: String) -> Value {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return TemplateFunction(rawValue: name) == nil ? .undefined(name) : .function(name)
  }

  /// What a body writes, as a string.
  mutating func captured(_ body: [Statement]) throws(TemplateError) -> Value {
    let outer = output
    output = ""
    defer { output = outer }
    scopes.append([:])
    defer { scopes.removeLast() }
    _ = try run(body)
    return .string(output)
  }

  private mutating func define(_ macro: Statement.Macro) {
    closures.append(Closure(macro: macro, captured: Array(scopes.dropFirst()), caller: nil))
    scopes[scopes.count - 1][macro.name] = .macro(closures.count - 1)
  }

  private mutating func run(_ call: Expression, caller: Statement.Macro) throws(TemplateError) {
    guard case .call(let callee, let arguments) = call else { return }
    closures.append(Closure(macro: caller, captured: Array(scopes.dropFirst()), caller: nil))
    let body = Value.macro(closures.count - 1)
    var values = try self.values(of: arguments)
    values.named.append(("caller", body))
    output += PythonText.string(try self.call(value(of: callee), values))
  }

  /// Calls a macro: its parameters are the innermost variables, and it sees those of its place of definition.
  mutating func callMacro(_ index: Int, _ arguments: CallArguments) throws(TemplateError) -> Value {
    let closure = closures[index]
    let outer = scopes
    defer { scopes = outer }
    var arguments = arguments
    scopes = [outer[0]] + closure.captured + [[:]]
    var parameters: [String: Value] = [:]
    parameters["caller"] = arguments.take("caller")
    for parameter in closure.macro.parameters {
      if let value = arguments.take(parameter.name) {
        parameters[parameter.name] = value
      } else if let fallback = parameter.fallback {
        scopes[scopes.count - 1] = parameters
        parameters[parameter.name] = try value(of: fallback)
      } else {
        parameters[parameter.name] = .undefined(parameter.name)
      }
    }
    parameters["varargs"] = .tuple(arguments.positional)
    parameters["kwargs"] = .dictionary(ValueDictionary(arguments.named.map { (.string($0.name), $0.value) }))
    scopes[scopes.count - 1] = parameters
    return try captured(closure.macro.body)
  }
}
