/// The methods of strings, mappings and lists that templates call. None of them changes its object: templates
/// may not.
enum TemplateMethod {
  private static let strings: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "upper", "lower",
    "title", "capitalize", "casefold", "swapcase", "replace", "join", "find", "rfind", "index", "count",
    "isdigit",
    "isalpha", "isalnum", "isspace", "isupper", "islower", "isnumeric", "isdecimal", "removeprefix",
    "removesuffix",
    "partition", "rpartition", "zfill", "ljust", "rjust", "center", "format",
  ]
  private static let mappings: Set<String> = ["items", "keys", "values", "get", "copy"]
  private static let lists: Set<String> = ["index", "count", "copy"]

  static func exists(_ name: String, on object: Value) -> Bool {
    switch object {
    case .string: strings.contains(name)
    case .dictionary: mappings.contains(name)
    case .list, .tuple: lists.contains(name)
    default: false
    }
  }

  static func call(_ name: String, on object: Value, _ arguments: CallArguments) throws(TemplateError)
    -> Value
  {
    var arguments = arguments
    let result: Value
    switch object {
    case .string(let text): result = try StringMethods.call(name, on: text, &arguments)
    case .dictionary(let dictionary): result = try call(name, on: dictionary, &arguments)
    default: result = try call(name, onElements: object.elements ?? [], &arguments)
    }
    try arguments.end(of: name)
    return result
  }

  private static func call(
    _ name: String, on dictionary: ValueDictionary, _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    switch name {
    case "items": return .list(dictionary.entries.map { .tuple([$0.key, $0.value]) })
    case "keys": return .list(dictionary.entries.map(\.key))
    case "values": return .list(dictionary.entries.map(\.value))
    case "get":
      let key = try arguments.required("key")
      let fallback = arguments.take("default") ?? .none
      return dictionary[key] ?? fallback
    default: return .dictionary(dictionary)
    }
  }

  private static func call(
    _ name: String, onElements elements: [Value], _ arguments: inout CallArguments
  ) throws(TemplateError) -> Value {
    if name == "copy" { return .list(elements) }
    let wanted = try arguments.required("value")
    if name == "count" { return .int(elements.count { $0.isEqual(wanted) }) }
    guard let index = elements.firstIndex(where: { $0.isEqual(wanted) }) else {
      throw TemplateError(.type, "\(PythonText.representation(wanted)) is not in the list")
    }
    return .int(index)
  }
}
