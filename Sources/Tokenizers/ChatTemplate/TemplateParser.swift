/// Reads the statements of a template.
struct TemplateParser {
  /// Deeper nesting is an attack, not a chat template.
  static let depthLimit = 96

  private let tokens: [TemplateToken]
  private var position = 0
  var depth = 0

  init(_ tokens: [TemplateToken]) { self.tokens = tokens }

  var token: TemplateToken { tokens[min(position, tokens.count - 1)] }
  var following: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

  mutating func advance() { position += 1 }

  func expected(_ what: String) -> TemplateError {
    TemplateError(.syntax, line: token.line, "expected \(what), found \(token.description)")
  }

  func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }
  func isName(_ name: String) -> Bool { token.kind == .name(name) }

  mutating func consume(symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func consume(name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func require(symbol: String) throws(TemplateError) {
    guard consume(symbol: symbol) else { throw expected("'\(symbol)'") }
  }

  mutating func requireName() throws(TemplateError) -> String {
    guard case .name(let name) = token.kind else { throw expected("a name") }
    advance()
    return name
  }

  /// Reads `body` one level deeper.
  mutating func nested<Result>(
    _ body: (inout TemplateParser) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result {
    guard depth < Self.depthLimit else {
      throw TemplateError(.limit, line: token.line, "the template nests over \(Self.depthLimit) levels deep")
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  mutating func parse() throws(TemplateError) -> [Statement] {
    let body = try statements(until: [])
    guard case .end = token.kind else { throw expected("the end of the template") }
    return body
  }

  /// The statements before a tag with one of these names, or before the end of the template.
  ///
  /// The parser is left at the name.
  private mutating func statements(until names: Set<String>) throws(TemplateError) -> [Statement] {
    var body: [Statement] = []
    while true {
      switch token.kind {
      case .end:
        if names.isEmpty { return body }
        throw expected(names.sorted().map { "'{% \($0) %}'" }.joined(separator: " or "))
      case .text(let text):
        body.append(.text(text))
        advance()
      case .outputStart:
        let line = token.line
        advance()
        let value = try tupleOrExpression()
        guard token.kind == .outputEnd else { throw expected("an operator or '}}'") }
        advance()
        body.append(.output(value, line: line))
      case .statementStart:
        advance()
        if case .name(let name) = token.kind, names.contains(name) { return body }
        body.append(try nested { parser throws(TemplateError) in try parser.statement() })
      default: throw expected("text or a tag")
      }
    }
  }

  mutating func endStatement() throws(TemplateError) {
    guard token.kind == .statementEnd else { throw expected("'%}'") }
    advance()
  }

  /// The statements up to the tag of that name, which is consumed.
  private mutating func body(until name: String) throws(TemplateError) -> [Statement] {
    try endStatement()
    let body = try statements(until: [name])
    advance()
    return body
  }

  private mutating func statement() throws(TemplateError) -> Statement {
    let line = token.line
    let name = try requireName()
    let statement: Statement
    switch name {
    case "for": statement = try loop(line)
    case "if": statement = try branches(line)
    case "set": return try assignment(line)
    case "macro": statement = try .macro(macro(named: requireName(), end: "endmacro"))
    case "call": statement = try callBlock(line)
    case "filter": statement = try filterBlock(line)
    case "with": statement = try withBlock(line)
    case "generation": statement = .scope([], body: try body(until: "endgeneration"), line: line)
    case "break": statement = .breakLoop
    case "continue": statement = .continueLoop
    default:
      throw TemplateError(
        .syntax, line: line, "expected a statement that chat templates have, found '\(name)'")
    }
    try endStatement()
    return statement
  }

  private mutating func loop(_ line: Int) throws(TemplateError) -> Statement {
    let target = try target()
    guard consume(name: "in") else { throw expected("'in'") }
    let sequence = try tupleOrExpression(withoutConditional: true)
    let condition: Expression? = consume(name: "if") ? try expression() : nil
    try endStatement()
    let body = try statements(until: ["endfor", "else"])
    var otherwise: [Statement] = []
    if consume(name: "else") { otherwise = try self.body(until: "endfor") } else { advance() }
    return .loop(
      Statement.Loop(
        target: target, sequence: sequence, condition: condition, body: body, otherwise: otherwise),
      line: line)
  }

  private mutating func branches(_ line: Int) throws(TemplateError) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
    var condition = try tupleOrExpression()
    while true {
      try endStatement()
      branches.append((condition, try statements(until: ["elif", "else", "endif"])))
      if consume(name: "elif") {
        condition = try tupleOrExpression()
        continue
      }
      if consume(name: "else") { otherwise = try body(until: "endif") } else { advance() }
      return .branches(branches, otherwise: otherwise, line: line)
    }
  }

  private mutating func target() throws(TemplateError) -> AssignmentTarget {
    var targets = [try singleTarget()]
    var isTuple = false
    while consume(symbol: ",") {
      isTuple = true
      guard !isName("in"), !isSymbol("="), !isSymbol(")") else { break }
      targets.append(try singleTarget())
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func singleTarget() throws(TemplateError) -> AssignmentTarget {
    if consume(symbol: "(") {
      let inner = try nested { parser throws(TemplateError) in try parser.target() }
      try require(symbol: ")")
      return inner
    }
    let name = try requireName()
    return consume(symbol: ".") ? .attribute(object: name, try requireName()) : .name(name)
  }

  private mutating func assignment(_ line: Int) throws(TemplateError) -> Statement {
    let target = try target()
    if consume(symbol: "=") {
      let value = try tupleOrExpression()
      try endStatement()
      return .set(target, value, line: line)
    }
    let filter = isSymbol("|") ? try filters(of: nil) : nil
    let body = try body(until: "endset")
    try endStatement()
    return .setBlock(target, filter: filter, body: body, line: line)
  }

  private mutating func macro(named name: String, end: String) throws(TemplateError) -> Statement.Macro {
    let parameters = try parameters()
    return Statement.Macro(name: name, parameters: parameters, body: try body(until: end))
  }

  private mutating func parameters() throws(TemplateError) -> [(name: String, fallback: Expression?)] {
    var parameters: [(name: String, fallback: Expression?)] = []
    guard consume(symbol: "(") else { return parameters }
    while !consume(symbol: ")") {
      let name = try requireName()
      parameters.append((name, consume(symbol: "=") ? try expression() : nil))
      if !isSymbol(")") { try require(symbol: ",") }
    }
    return parameters
  }

  private mutating func callBlock(_ line: Int) throws(TemplateError) -> Statement {
    let parameters = try parameters()
    let call = try unary()
    guard case .call = call else { throw expected("a call of a macro") }
    let caller = Statement.Macro(name: "caller", parameters: parameters, body: try body(until: "endcall"))
    return .callBlock(call, caller: caller, line: line)
  }

  private mutating func filterBlock(_ line: Int) throws(TemplateError) -> Statement {
    let filter = try filters(of: nil, startsWithName: true)
    return .filterBlock(filter, body: try body(until: "endfilter"), line: line)
  }

  private mutating func withBlock(_ line: Int) throws(TemplateError) -> Statement {
    var variables: [(name: String, value: Expression)] = []
    while token.kind != .statementEnd {
      let name = try requireName()
      try require(symbol: "=")
      variables.append((name, try expression()))
      if token.kind != .statementEnd { try require(symbol: ",") }
    }
    return .scope(variables, body: try body(until: "endwith"), line: line)
  }
}
