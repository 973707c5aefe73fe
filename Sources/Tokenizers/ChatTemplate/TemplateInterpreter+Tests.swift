/// The tests of the template language, as in `x is defined`.
extension TemplateInterpreter {
  mutating func test(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Bool
  {
    var arguments = arguments
    if let result = Self.kindTest(name, value) { return result }
    switch name {
    case "eq", "equalto", "sameas": return value.isEqual(try arguments.required("other"))
    case "ne": return !value.isEqual(try arguments.required("other"))
    case "lt", "lessthan": return try Arithmetic.compare(.less, value, arguments.required("other"))
    case "le": return try Arithmetic.compare(.lessOrEqual, value, arguments.required("other"))
    case "gt", "greaterthan": return try Arithmetic.compare(.greater, value, arguments.required("other"))
    case "ge": return try Arithmetic.compare(.greaterOrEqual, value, arguments.required("other"))
    case "in": return try Arithmetic.compare(.isIn, value, arguments.required("sequence"))
    case "divisibleby":
      let remainder = try Arithmetic.apply(.modulo, value, arguments.required("number"))
      return !remainder.isTrue
    case "odd": return try Arithmetic.apply(.modulo, value, .int(2)).isEqual(.int(1))
    case "even": return try Arithmetic.apply(.modulo, value, .int(2)).isEqual(.int(0))
    case "lower": return PythonText.string(value).unicodeScalars.allSatisfy { !$0.properties.isUppercase }
    case "upper": return PythonText.string(value).unicodeScalars.allSatisfy { !$0.properties.isLowercase }
    default: throw TemplateError(.undefined, "there is no test '\(name)'")
    }
  }

  /// The tests that ask what kind of thing a value is.
  private static func kindTest(_ name: String, _ value: Value) -> Bool? {
    switch (name, value) {
    case ("defined", _): !value.isUndefined
    case ("undefined", _): value.isUndefined
    case ("none", .none), ("string", .string), ("mapping", .dictionary), ("boolean", .bool): true
    case ("true", .bool(let isTrue)): isTrue
    case ("false", .bool(let isTrue)): !isTrue
    case ("integer", .int), ("float", .double): true
    case ("number", _): value.number != nil
    case ("callable", .macro), ("callable", .function), ("callable", .method): true
    case ("iterable", _): value.elements != nil
    case ("sequence", _): value.count != nil
    case ("none", _), ("string", _), ("mapping", _), ("boolean", _), ("true", _), ("false", _),
      ("integer", _),
      ("float", _), ("callable", _), ("escaped", _):
      false
    default: nil
    }
  }
}
