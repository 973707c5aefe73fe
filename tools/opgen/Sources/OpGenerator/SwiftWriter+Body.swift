/// The bodies of methods: the call into C and what comes back.
extension SwiftWriter {
  func resultVariables(_ binding: Binding) -> [String] {
    if binding.schema.isInPlace { return [] }
    let results = binding.schema.results
    if results.count > 1 { return results.indices.map { "    var result\($0): OpaquePointer?" } }
    guard let only = results.first else { return [] }
    switch (only.type.base, only.type.isList) {
    case (.tensor, true):
      return ["    var result: UnsafeMutablePointer<OpaquePointer?>?", "    var resultCount = 0"]
    case (.bool, _): return ["    var result = false"]
    case (.int, _): return ["    var result = 0"]
    default: return ["    var result: OpaquePointer?"]
    }
  }

  /// `Tensor.call`, which keeps the operands alive and turns a failure into an error.
  func call(_ binding: Binding) -> [String] {
    let operands = Operands(binding)
    let arguments = binding.visible.flatMap { operands.handles[$0.name] ?? expressions($0) }
    var inner = fill(arguments + resultArguments(binding), indent: "        ")
    let name = "\"\(binding.schema.fullName)\""
    var head =
      "try Tensor.call(\(([name] + operands.passed).joined(separator: ", "))) {\(operands.closureHead)"
    if head.count > 106 {
      let items = fill([name] + operands.passed, indent: "      ")
      head = (["try Tensor.call("] + items + ["    ) {\(operands.closureHead)"]).joined(separator: "\n")
    }
    let generator = binding.visible.first { $0.type.base == .generator }.map { Self.swiftName($0.name) }
    let open = generator.map { "\($0).withHandle { generator in " } ?? ""
    let close = generator == nil ? "" : " }"
    if inner.count == 1 {
      let call = "\(open)\(binding.functionName)(\(inner[0].drop { $0 == " " }))\(close)"
      let oneLine = "    \(head) \(call) }"
      if oneLine.count <= 110 { return [oneLine] }
      if call.count <= 104 { return ["    \(head)", "      \(call)", "    }"] }
    }
    inner[inner.count - 1] += ")\(close)"
    return ["    \(head)", "      \(open)\(binding.functionName)("] + inner + ["    }"]
  }

  private func expressions(_ argument: OpSchema.Argument) -> [String] {
    let name = Self.swiftName(argument.name)
    let type = argument.type
    if argument.name == "reduction" { return ["reduction.rawValue"] }
    switch (type.base, type.isList) {
    case (.int, true), (.symInt, true):
      return [name, type.isOptional ? "\(name)?.count ?? 0" : "\(name).count"]
    case (.scalar, _): return type.isOptional ? ["ct_optional_scalar(\(name))"] : ["\(name).scalar.tagged"]
    case (.int, false), (.symInt, false), (.float, _), (.bool, false):
      return [type.isOptional ? "\(name).tagged" : name]
    case (.scalarType, _): return [type.isOptional ? "\(name)?.rawValue ?? -1" : "\(name).rawValue"]
    case (.generator, _): return ["generator"]
    default: return [name]
    }
  }

  private func resultArguments(_ binding: Binding) -> [String] {
    if binding.schema.isInPlace || binding.schema.results.isEmpty { return [] }
    let results = binding.schema.results
    if results.count > 1 { return results.indices.map { "&result\($0)" } }
    return results[0].type.isList ? ["&result", "&resultCount"] : ["&result"]
  }

  func resultExpression(_ binding: Binding) -> String? {
    if binding.schema.isInPlace { return binding.receiver == nil ? nil : "self" }
    let results = binding.schema.results
    if results.isEmpty { return nil }
    if results.count > 1 {
      return "(\(results.indices.map { "Tensor(owning: result\($0))" }.joined(separator: ", ")))"
    }
    switch (results[0].type.base, results[0].type.isList) {
    case (.tensor, true): return "Tensor.array(owning: result, count: resultCount)"
    case (.tensor, false): return "Tensor(owning: result)"
    default: return "result"
    }
  }

  /// A second method that takes one dimension where the first takes a list.
  func singleDimension(_ binding: Binding) -> [String]? {
    guard binding.receiver != nil, let dim = binding.visible.first(where: { $0.name == "dim" }),
      dim.type.isList, dim.type.listCount == 1
    else { return nil }
    let others = binding.visible.dropFirst().map { argument -> (String, String) in
      if argument.name == "dim" { return ("dim: Int", "dim: [dim]") }
      let name = Self.swiftName(argument.name)
      return (parameter(argument, binding), "\(name): \(name)")
    }
    var lines = wrapped("  /// \(binding.summary) One dimension instead of a list of them.")
    lines += ["  ///", "  /// - Throws: `TorchError` when libtorch rejects the operands."]
    lines += signature(binding, others.map(\.0))
    lines.append("    try \(binding.methodName)(\(others.map(\.1).joined(separator: ", ")))")
    return lines + ["  }"]
  }
}
