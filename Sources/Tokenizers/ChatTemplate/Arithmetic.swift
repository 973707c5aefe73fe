/// The operators of template expressions, with Python's rules.
enum Arithmetic {
  static func apply(
    _ operation: Expression.Operator, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Value {
    switch operation {
    case .add: return try add(left, right)
    case .subtract: return try subtract(left, right)
    case .multiply: return try multiply(left, right)
    case .divide: return .double(try numbers(left, right, "/") / nonzero(right))
    case .floorDivide, .modulo: return try floored(operation, left, right)
    case .power: return try power(left, right)
    default: return .bool(try compare(operation, left, right))
    }
  }

  private static func mismatch(_ sign: String, _ left: Value, _ right: Value) -> TemplateError {
    for operand in [left, right] {
      if case .undefined(let name) = operand { return TemplateError(.undefined, "'\(name)' is undefined") }
    }
    return TemplateError(.type, "'\(sign)' does not apply to \(left.typeName) and \(right.typeName)")
  }

  private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Value {
    if result.overflow { throw TemplateError(.limit, "an integer grows beyond 64 bits") }
    return .int(result.partialValue)
  }

  /// The left number, once both are known to be numbers.
  private static func numbers(_ left: Value, _ right: Value, _ sign: String) throws(TemplateError) -> Double {
    guard let first = left.number, right.number != nil else { throw mismatch(sign, left, right) }
    return first
  }

  private static func nonzero(_ value: Value) throws(TemplateError) -> Double {
    guard let number = value.number, number != 0 else { throw TemplateError(.type, "a division by zero") }
    return number
  }

  static func add(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    if let first = left.integer, let second = right.integer {
      return try checked(first.addingReportingOverflow(second))
    }
    if let first = left.number, let second = right.number { return .double(first + second) }
    switch (left, right) {
    case (.string(let first), .string(let second)):
      try TemplateLimits.check(bytes: first.utf8.count + second.utf8.count)
      return .string(first + second)
    case (.list(let first), .list(let second)):
      try TemplateLimits.check(elements: first.count + second.count)
      return .list(first + second)
    case (.tuple(let first), .tuple(let second)): return .tuple(first + second)
    default: throw mismatch("+", left, right)
    }
  }

  static func subtract(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    if let first = left.integer, let second = right.integer {
      return try checked(first.subtractingReportingOverflow(second))
    }
    guard let first = left.number, let second = right.number else { throw mismatch("-", left, right) }
    return .double(first - second)
  }

  private static func multiply(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    if let first = left.integer, let second = right.integer {
      return try checked(first.multipliedReportingOverflow(by: second))
    }
    if let first = left.number, let second = right.number { return .double(first * second) }
    let (sequence, times) = left.integer == nil ? (left, right.integer) : (right, left.integer)
    guard let times else { throw mismatch("*", left, right) }
    switch sequence {
    case .string(let text):
      try TemplateLimits.check(bytes: text.utf8.count, times: max(0, times))
      return .string(String(repeating: text, count: max(0, times)))
    case .list(let values):
      try TemplateLimits.check(bytes: values.count, times: max(0, times))
      try TemplateLimits.check(elements: values.count * max(0, times))
      return .list(Array(repeatElement(values, count: max(0, times)).joined()))
    default: throw mismatch("*", left, right)
    }
  }

  private static func floored(
    _ operation: Expression.Operator, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Value {
    let first = try numbers(left, right, operation == .modulo ? "%" : "//")
    let second = try nonzero(right)
    if let dividend = left.integer, let divisor = right.integer {
      guard divisor != -1 else { return operation == .modulo ? .int(0) : try subtract(.int(0), left) }
      let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
      let crosses = remainder != 0 && (remainder < 0) != (divisor < 0)
      return .int(operation == .modulo ? remainder + (crosses ? divisor : 0) : quotient - (crosses ? 1 : 0))
    }
    let quotient = (first / second).rounded(.down)
    return .double(operation == .modulo ? first - quotient * second : quotient)
  }

  private static func power(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    guard let base = left.integer, let exponent = right.integer, exponent >= 0 else {
      _ = try numbers(left, right, "**")
      throw TemplateError(.type, "'**' takes integers, the second not negative")
    }
    guard exponent <= 1 << 16 else { throw TemplateError(.limit, "a power is too large") }
    var result = 1
    for _ in 0..<exponent {
      let product = result.multipliedReportingOverflow(by: base)
      if product.overflow { throw TemplateError(.limit, "an integer grows beyond 64 bits") }
      result = product.partialValue
    }
    return .int(result)
  }

  static func compare(
    _ operation: Expression.Operator, _ left: Value, _ right: Value
  ) throws(TemplateError) -> Bool {
    func isLess(_ first: Value, _ second: Value) throws(TemplateError) -> Bool {
      guard let result = first.isLess(than: second) else { throw mismatch("<", left, right) }
      return result
    }
    switch operation {
    case .equal: return left.isEqual(right)
    case .notEqual: return !left.isEqual(right)
    case .less: return try isLess(left, right)
    case .greater: return try isLess(right, left)
    case .lessOrEqual: return try isLess(left, right) || left.isEqual(right)
    case .greaterOrEqual: return try isLess(right, left) || left.isEqual(right)
    default:
      guard let isIn = right.contains(left) else { throw mismatch("in", left, right) }
      return isIn == (operation == .isIn)
    }
  }
}
