extension TemplateParser {
  /// An expression, or several with commas between them.
  mutating func tupleOrExpression(withoutConditional: Bool = false) throws(TemplateError) -> Expression {
    let first = withoutConditional ? try disjunction() : try expression()
    guard isSymbol(",") else { return first }
    var parts = [first]
    while consume(symbol: ","), !isAtEndOfTuple {
      parts.append(withoutConditional ? try disjunction() : try expression())
    }
    return .tuple(parts)
  }

  private var isAtEndOfTuple: Bool {
    switch token.kind {
    case .outputEnd, .statementEnd, .symbol(")"), .symbol("="): true
    default: false
    }
  }

  mutating func expression() throws(TemplateError) -> Expression {
    try nested { parser throws(TemplateError) in try parser.conditional() }
  }

  private mutating func conditional() throws(TemplateError) -> Expression {
    var value = try disjunction()
    while consume(name: "if") {
      let condition = try disjunction()
      let otherwise: Expression? = consume(name: "else") ? try expression() : nil
      value = .conditional(condition, then: value, otherwise: otherwise)
    }
    return value
  }

  mutating func disjunction() throws(TemplateError) -> Expression {
    var left = try conjunction()
    while consume(name: "or") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(TemplateError) -> Expression {
    var left = try negation()
    while consume(name: "and") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(TemplateError) -> Expression {
    guard consume(name: "not") else { return try comparison() }
    return .not(try nested { parser throws(TemplateError) in try parser.negation() })
  }

  private mutating func comparisonOperator() -> Expression.Operator? {
    let operation: Expression.Operator
    switch token.kind {
    case .symbol("=="): operation = .equal
    case .symbol("!="): operation = .notEqual
    case .symbol("<"): operation = .less
    case .symbol("<="): operation = .lessOrEqual
    case .symbol(">"): operation = .greater
    case .symbol(">="): operation = .greaterOrEqual
    case .name("in"): operation = .isIn
    case .name("not"):
      guard following.kind == .name("in") else { return nil }
      advance()
      operation = .isNotIn
    default: return nil
    }
    advance()
    return operation
  }

  private mutating func comparison() throws(TemplateError) -> Expression {
    let left = try sum()
    var chain: [(operation: Expression.Operator, value: Expression)] = []
    while let operation = comparisonOperator() { chain.append((operation, try sum())) }
    return chain.isEmpty ? left : .comparison(left, chain)
  }

  private mutating func sum() throws(TemplateError) -> Expression {
    var left = try concatenation()
    while true {
      if consume(symbol: "+") {
        left = .binary(.add, left, try concatenation())
      } else if consume(symbol: "-") {
        left = .binary(.subtract, left, try concatenation())
      } else {
        return left
      }
    }
  }

  private mutating func concatenation() throws(TemplateError) -> Expression {
    var parts = [try product()]
    while consume(symbol: "~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func product() throws(TemplateError) -> Expression {
    var left = try power()
    while true {
      let operation: Expression.Operator
      switch token.kind {
      case .symbol("*"): operation = .multiply
      case .symbol("/"): operation = .divide
      case .symbol("//"): operation = .floorDivide
      case .symbol("%"): operation = .modulo
      default: return left
      }
      advance()
      left = .binary(operation, left, try power())
    }
  }

  private mutating func power() throws(TemplateError) -> Expression {
    var left = try unary()
    while consume(symbol: "**") { left = .binary(.power, left, try unary()) }
    return left
  }

  mutating func unary(takesFilters: Bool = true) throws(TemplateError) -> Expression {
    try nested { parser throws(TemplateError) in
      let value: Expression
      if parser.consume(symbol: "-") {
        value = .negative(try parser.unary(takesFilters: false))
      } else if parser.consume(symbol: "+") {
        value = .positive(try parser.unary(takesFilters: false))
      } else {
        value = try parser.primary()
      }
      let accessed = try parser.accesses(of: value)
      return takesFilters ? try parser.filtersAndTests(of: accessed) : accessed
    }
  }

  private mutating func primary() throws(TemplateError) -> Expression {
    let found = token
    switch found.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return .literal(.bool(true))
      case "false", "False": return .literal(.bool(false))
      case "none", "None": return .literal(.none)
      default: return .name(name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = token.kind {
        text += more
        advance()
      }
      return .literal(.string(text))
    case .int(let value):
      advance()
      return .literal(.int(value))
    case .double(let value):
      advance()
      return .literal(.double(value))
    case .symbol("("):
      advance()
      if consume(symbol: ")") { return .tuple([]) }
      let inner = try tupleOrExpression()
      try require(symbol: ")")
      return inner
    case .symbol("["):
      advance()
      return .list(try items(until: "]"))
    case .symbol("{"):
      advance()
      return try dictionary()
    default: throw expected("an expression")
    }
  }

  private mutating func items(until end: String) throws(TemplateError) -> [Expression] {
    var items: [Expression] = []
    while !consume(symbol: end) {
      items.append(try expression())
      if !isSymbol(end) { try require(symbol: ",") }
    }
    return items
  }

  private mutating func dictionary() throws(TemplateError) -> Expression {
    var entries: [(key: Expression, value: Expression)] = []
    while !consume(symbol: "}") {
      let key = try expression()
      try require(symbol: ":")
      entries.append((key, try expression()))
      if !isSymbol("}") { try require(symbol: ",") }
    }
    return .dictionary(entries)
  }

  /// Attributes, items and calls behind a value.
  private mutating func accesses(of value: Expression) throws(TemplateError) -> Expression {
    var value = value
    while true {
      if consume(symbol: ".") {
        if case .int(let index) = token.kind {
          advance()
          value = .item(value, .literal(.int(index)))
        } else {
          value = .attribute(value, try requireName())
        }
      } else if consume(symbol: "[") {
        value = try subscripted(value)
      } else if consume(symbol: "(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(_ value: Expression) throws(TemplateError) -> Expression {
    var parts: [Expression?] = [nil]
    while !isSymbol("]") {
      if consume(symbol: ":") {
        parts.append(nil)
      } else {
        guard parts[parts.count - 1] == nil else { throw expected("']'") }
        parts[parts.count - 1] = try expression()
      }
    }
    guard parts.count <= 3, parts.count > 1 || parts[0] != nil else { throw expected("an index") }
    try require(symbol: "]")
    if parts.count == 1, let index = parts[0] { return .item(value, index) }
    return .slice(value, start: parts[0], stop: parts[1], step: parts.count == 3 ? parts[2] : nil)
  }

  /// The arguments of a call, after its opening bracket.
  private mutating func arguments() throws(TemplateError) -> Expression.Arguments {
    var arguments = Expression.Arguments()
    while !consume(symbol: ")") {
      if case .name(let name) = token.kind, following.kind == .symbol("=") {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else if arguments.named.isEmpty {
        arguments.positional.append(try expression())
      } else {
        throw expected("a named argument")
      }
      if !isSymbol(")") { try require(symbol: ",") }
    }
    return arguments
  }

  private mutating func filtersAndTests(of value: Expression) throws(TemplateError) -> Expression {
    var value = value
    while true {
      if isSymbol("|") {
        value = try filters(of: value)
      } else if consume(name: "is") {
        value = try test(of: value)
      } else if consume(symbol: "(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  /// A chain of filters; the first may lack its bar.
  mutating func filters(of value: Expression?, startsWithName: Bool = false) throws(TemplateError)
    -> Expression
  {
    var value = value
    var needsBar = !startsWithName
    while true {
      if needsBar, !consume(symbol: "|") { break }
      needsBar = true
      let name = try requireName()
      value = .filter(value, name, consume(symbol: "(") ? try arguments() : Expression.Arguments())
    }
    guard let value else { throw expected("a filter") }
    return value
  }

  private mutating func test(of value: Expression) throws(TemplateError) -> Expression {
    let isNegated = consume(name: "not")
    let name = try requireName()
    var arguments = Expression.Arguments()
    if consume(symbol: "(") {
      arguments = try self.arguments()
    } else if startsTestArgument {
      arguments.positional = [try accesses(of: primary())]
    }
    let test = Expression.test(value, name, arguments)
    return isNegated ? .not(test) : test
  }

  /// Whether an argument without brackets follows a test's name.
  private var startsTestArgument: Bool {
    switch token.kind {
    case .name(let name): !["else", "or", "and", "is", "if", "in", "not"].contains(name)
    case .string, .int, .double, .symbol("["), .symbol("{"): true
    default: false
    }
  }
}
