import Glibc

/// The functions that every template may call.
enum TemplateFunction: String {
  case range
  case namespace
  case dict
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
}

extension TemplateInterpreter {
  /// As in the sandbox that Jinja has for templates of unknown origin.
  private static let rangeLimit = 100_000

  mutating func callFunction(_ name: String, _ arguments: CallArguments) throws(TemplateError) -> Value {
    var arguments = arguments
    switch TemplateFunction(rawValue: name) {
    case .range: return try range(arguments)
    case .namespace:
      var members: [String: Value] = [:]
      for (key, value) in try Self.dictionary(arguments).entries { members[PythonText.string(key)] = value }
      namespaces.append(members)
      return .namespace(namespaces.count - 1)
    case .dict: return .dictionary(try Self.dictionary(arguments))
    case .raiseException:
      throw TemplateError(.raised, PythonText.string(arguments.take("message") ?? .string("")))
    case .strftimeNow:
      return .string(try Self.formatted(time, arguments.requiredText("format")))
    case nil: throw TemplateError(.undefined, "there is no function '\(name)'")
    }
  }

  private static func dictionary(_ arguments: CallArguments) throws(TemplateError) -> ValueDictionary {
    var arguments = arguments
    var result = ValueDictionary()
    for value in arguments.removePositional() {
      guard case .dictionary(let dictionary) = value else {
        throw TemplateError(.type, "expected a mapping, found \(value.typeName)")
      }
      for (key, member) in dictionary.entries { result[key] = member }
    }
    for (name, value) in arguments.named { result[.string(name)] = value }
    return result
  }

  private func range(_ arguments: CallArguments) throws(TemplateError) -> Value {
    var arguments = arguments
    let first = try arguments.integer("start") ?? 0
    let second = try arguments.integer("stop")
    let step = try arguments.integer("step") ?? 1
    try arguments.end(of: "range")
    if step == 0 { throw TemplateError(.type, "the step of a range is 0") }
    let (start, stop) = second.map { (first, $0) } ?? (0, first)
    var values: [Value] = []
    for value in stride(from: start, to: stop, by: step) {
      guard values.count < Self.rangeLimit else { throw TemplateError(.limit, "a range is too long") }
      values.append(.int(value))
    }
    return .list(values)
  }

  /// A time in the local zone, as the C library formats it.
  private static func formatted(_ time: Int, _ format: String) -> String {
    if format.isEmpty { return "" }
    var seconds = time_t(time)
    var parts = tm()
    localtime_r(&seconds, &parts)
    let text = [CChar](unsafeUninitializedCapacity: 1024) { buffer, count in
      count = buffer.baseAddress.map { strftime($0, buffer.count, format, &parts) } ?? 0
    }
    return String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
