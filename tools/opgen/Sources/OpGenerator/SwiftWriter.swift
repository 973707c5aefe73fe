/// Writes one Swift file for a family of operators.
struct SwiftWriter {
  /// Arguments whose meaning the method's name already says; they take no label.
  static let openNames: Set<String> = [
    "other", "mat1", "mat2", "batch1", "batch2", "vec", "vec2", "tensor", "tensor1", "tensor2", "tensors",
    "x2",
    "exponent", "size", "shape", "dims", "dim0", "dim1", "target", "mask", "repeats", "chunks", "split_size",
    "split_sizes", "equation",
  ]

  let family: String
  let bindings: [Binding]

  func file() -> String {
    var lines = [CWriter.notice, "internal import CTorch", "", "extension Tensor {"]
    for (index, binding) in bindings.enumerated() {
      if index > 0 { lines.append("") }
      lines += method(binding)
      if let single = singleDimension(binding) { lines += [""] + single }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func method(_ binding: Binding) -> [String] {
    var lines = documentation(binding, binding.schema.text)
    if binding.schema.isInPlace, binding.receiver != nil { lines.append("  @discardableResult") }
    lines += signature(binding, parameters(binding).map { parameter($0, binding) })
    lines += resultVariables(binding)
    lines += call(binding)
    if let result = resultExpression(binding) { lines.append("    return \(result)") }
    return lines + ["  }"]
  }

  func documentation(_ binding: Binding, _ schema: String) -> [String] {
    let summary = binding.schema.isInPlace ? "In place: \(binding.summary)" : binding.summary
    let throwing = "  /// - Throws: `TorchError` when libtorch rejects the operands."
    return ["  /// \(summary)", "  ///", "  /// ATen: `\(schema)`", throwing].flatMap(wrapped)
  }

  /// Breaks a comment line at spaces so that it fits the width.
  func wrapped(_ line: String) -> [String] {
    var lines: [String] = []
    var rest = Substring(line)
    while rest.count > 108, let space = rest.prefix(108).lastIndex(of: " ") {
      lines.append(String(rest[..<space]))
      rest = "  /// " + rest[rest.index(after: space)...]
    }
    return lines + [String(rest)]
  }

  private func parameters(_ binding: Binding) -> [OpSchema.Argument] {
    binding.receiver == nil ? binding.visible : Array(binding.visible.dropFirst())
  }

  func signature(_ binding: Binding, _ parameters: [String]) -> [String] {
    let isStatic = binding.receiver == nil
    let returned = returnType(binding).map { " -> \($0)" } ?? ""
    let head = "  public \(isStatic ? "static " : "")func \(Self.escaped(binding.methodName))("
    let tail = ") throws(TorchError)\(returned) {"
    let oneLine = head + parameters.joined(separator: ", ") + tail
    if oneLine.count <= 110 { return [oneLine] }
    return [head] + fill(parameters, indent: "    ") + ["  \(tail)"]
  }

  /// Joins items with commas in lines that fit the width.
  func fill(_ items: [String], indent: String) -> [String] {
    var lines: [String] = []
    var current = indent
    for (index, item) in items.enumerated() {
      let piece = index + 1 < items.count ? "\(item), " : item
      if current.count + piece.count > 111, current != indent {
        lines.append(String(current.dropLast()))
        current = indent
      }
      current += piece
    }
    return lines + [current]
  }

  func parameter(_ argument: OpSchema.Argument, _ binding: Binding) -> String {
    let name = Self.swiftName(argument.name)
    let isOpen =
      binding.settings.open.contains(argument.name)
      || (!argument.isKeywordOnly && Self.openNames.contains(argument.name)
        && !binding.settings.labelled.contains(argument.name))
      || (binding.receiver == nil && argument.name == "self")
    let value = defaultValue(argument).map { " = \($0)" } ?? ""
    return "\(isOpen ? "_ " : "")\(name): \(swiftType(argument))\(value)"
  }

  private func swiftType(_ argument: OpSchema.Argument) -> String {
    let type = argument.type
    let optional = type.isOptional ? "?" : ""
    if argument.name == "reduction" { return "LossReduction" }
    switch (type.base, type.isList) {
    case (.tensor, true): return type.hasOptionalElements ? "[Tensor?]" : "[Tensor]"
    case (.int, true), (.symInt, true): return "[Int]\(optional)"
    case (.bool, true): return "[Bool]"
    case (.tensor, _): return "Tensor\(optional)"
    case (.scalar, _): return type.isOptional ? "(any ScalarConvertible)?" : "some ScalarConvertible"
    case (.int, _), (.symInt, _): return "Int\(optional)"
    case (.float, _): return "Double\(optional)"
    case (.bool, _): return "Bool\(optional)"
    case (.string, _): return "String\(optional)"
    case (.scalarType, _): return "DType\(optional)"
    default: return "Generator"
    }
  }

  private func defaultValue(_ argument: OpSchema.Argument) -> String? {
    guard let text = argument.defaultText, argument.type.base != .generator else { return nil }
    switch text {
    case "None": return "nil"
    case "True": return "true"
    case "False": return "false"
    case "Mean": return ".mean"
    case _ where text.hasPrefix("'"): return "\"\(text.dropFirst().dropLast())\""
    case _ where argument.type.isList && !text.hasPrefix("["): return "[\(text)]"
    default: return text
    }
  }

  private func returnType(_ binding: Binding) -> String? {
    if binding.schema.isInPlace { return binding.receiver == nil ? nil : "Tensor" }
    let results = binding.schema.results
    if results.isEmpty { return nil }
    if results.count > 1 {
      return "(\(binding.resultNames.map { "\($0): Tensor" }.joined(separator: ", ")))"
    }
    switch (results[0].type.base, results[0].type.isList) {
    case (.tensor, true): return "[Tensor]"
    case (.bool, _): return "Bool"
    case (.int, _): return "Int"
    default: return "Tensor"
    }
  }

  static func swiftName(_ name: String) -> String {
    let camel = Binding.camelCase(Binding.cName(name))
    return camel.count == 1 ? camel.lowercased() : camel == "HxW" ? "hxw" : camel
  }

  static func escaped(_ name: String) -> String {
    ["where", "repeat"].contains(name) ? "`\(name)`" : name
  }
}
