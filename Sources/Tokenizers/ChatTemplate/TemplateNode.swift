/// An expression of a template.
indirect enum Expression: Sendable {
  enum Operator: Sendable {
    case add, subtract, multiply, divide, floorDivide, modulo, power
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
  }

  struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
  }

  case literal(Value)
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case dictionary([(key: Expression, value: Expression)])
  case attribute(Expression, String)
  case item(Expression, Expression)
  case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
  case call(Expression, Arguments)
  /// Without a value inside a filter block, which supplies it.
  case filter(Expression?, String, Arguments)
  case test(Expression, String, Arguments)
  case negative(Expression)
  case positive(Expression)
  case not(Expression)
  case and(Expression, Expression)
  case or(Expression, Expression)
  case binary(Operator, Expression, Expression)
  /// A chain such as `a < b <= c`.
  case comparison(Expression, [(operation: Operator, value: Expression)])
  case concatenation([Expression])
  case conditional(Expression, then: Expression, otherwise: Expression?)
}

/// What an assignment or a loop assigns to.
indirect enum AssignmentTarget: Sendable {
  case name(String)
  case attribute(object: String, String)
  case tuple([AssignmentTarget])
}

/// A statement of a template, or the text between two.
indirect enum Statement: Sendable {
  struct Loop: Sendable {
    let target: AssignmentTarget
    let sequence: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
  }

  struct Macro: Sendable {
    let name: String
    let parameters: [(name: String, fallback: Expression?)]
    let body: [Statement]
  }

  case text(String)
  case output(Expression, line: Int)
  case loop(Loop, line: Int)
  case branches([(condition: Expression, body: [Statement])], otherwise: [Statement], line: Int)
  case set(AssignmentTarget, Expression, line: Int)
  case setBlock(AssignmentTarget, filter: Expression?, body: [Statement], line: Int)
  case macro(Macro)
  /// A call whose body the macro gets as `caller`.
  case callBlock(Expression, caller: Macro, line: Int)
  case filterBlock(Expression, body: [Statement], line: Int)
  /// A body with variables of its own.
  case scope([(name: String, value: Expression)], body: [Statement], line: Int)
  case breakLoop
  case continueLoop
}
