/// An operator as it is bound: its schema, the arguments that callers see, and its names in C and Swift.
struct Binding {
  let schema: OpSchema
  let summary: String
  let settings: OpList.Settings

  init(_ entry: OpList.Entry, _ declarations: DeclarationFile) throws(OpGeneratorError) {
    schema = try declarations.schema(named: entry.name)
    summary = entry.summary
    settings = entry.settings
    let known = Set(schema.arguments.map(\.name))
    for name in settings.hidden.union(settings.open).union(settings.labelled) where !known.contains(name) {
      throw OpGeneratorError("'\(entry.name)' has no argument '\(name)'")
    }
    for argument in schema.arguments where isHidden(argument) && argument.type.base == .generator {
      throw OpGeneratorError("'\(entry.name)' hides its generator: random operators must take one")
    }
  }

  /// The C function.
  var functionName: String {
    let base = schema.isInPlace ? "\(schema.name.dropLast())_inplace" : schema.name
    let overload = schema.overload.isEmpty ? "" : "_\(schema.overload.lowercased())"
    return "ct_op_" + base.drop { $0 == "_" } + overload
  }

  /// The Swift method.
  var methodName: String {
    let base = settings.methodName ?? Self.camelCase(String(schema.name.drop { $0 == "_" }))
    return schema.isInPlace && settings.methodName == nil ? "\(base)InPlace" : base
  }

  /// The arguments that a caller gives, in order.
  var visible: [OpSchema.Argument] { schema.arguments.filter { !isHidden($0) } }

  /// Layouts, devices and memory formats keep libtorch's choice: they follow the operands.
  func isHidden(_ argument: OpSchema.Argument) -> Bool {
    let keepsChoice: [SchemaType.Base] = [.layout, .device, .memoryFormat]
    return keepsChoice.contains(argument.type.base) || argument.name == "pin_memory"
      || settings.hidden.contains(argument.name)
  }

  /// The labels of the results, in camel case.
  var resultNames: [String] {
    if !settings.resultNames.isEmpty { return settings.resultNames }
    return schema.results.enumerated().map { index, result in
      Self.camelCase(result.name ?? "result\(index)")
    }
  }

  /// The argument that becomes Swift's `self`: the first one when it is a tensor.
  var receiver: OpSchema.Argument? {
    guard let first = visible.first, first.type.base == .tensor, !first.type.isList, !first.type.isOptional
    else {
      return nil
    }
    return first
  }

  static func cName(_ name: String) -> String {
    name == "self" ? "input" : name
  }

  static func camelCase(_ name: String) -> String {
    var result = ""
    var startsWord = false
    for character in name {
      if character == "_" {
        startsWord = !result.isEmpty
      } else {
        result += startsWord ? character.uppercased() : String(character)
        startsWord = false
      }
    }
    return result
  }
}

/// One file that the generator writes, by its path from the package's root.
public struct GeneratedFile: Equatable, Sendable {
  public let path: String
  public let text: String
}
