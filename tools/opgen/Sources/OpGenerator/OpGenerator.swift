/// Makes the bindings of libtorch's operators: a C header, C++ translation units and Swift methods.
public struct OpGenerator {
  private let declarations: DeclarationFile
  private let list: OpList

  /// - Parameters:
  ///   - yaml: The text of native_functions.yaml.
  ///   - list: The text of the operator list.
  /// - Throws: `OpGeneratorError` when the list cannot be read.
  public init(yaml: String, list: String) throws(OpGeneratorError) {
    declarations = DeclarationFile(yaml: yaml)
    self.list = try OpList(text: list)
  }

  /// All generated files.
  ///
  /// - Throws: `OpGeneratorError` for an operator that does not exist, uses a type without a binding, or has
  ///   the C name of another one.
  public func files() throws(OpGeneratorError) -> [GeneratedFile] {
    let units = try bindings()
    let writer = CWriter(units: units)
    var files = [GeneratedFile(path: "Sources/CTorch/include/ctorch/ops_generated.h", text: writer.header())]
    for (index, unit) in units.enumerated() {
      files.append(
        GeneratedFile(
          path: "Sources/CTorch/src/generated/ops_\(unit.name).cpp", text: writer.source(of: index)))
      for family in unit.families {
        let text = SwiftWriter(family: family.name, bindings: family.bindings).file()
        files.append(
          GeneratedFile(path: "Sources/Torch/Ops/Generated/Tensor+\(family.name).swift", text: text))
      }
    }
    return files
  }

  private typealias BoundUnit = (name: String, families: [(name: String, bindings: [Binding])])

  private func bindings() throws(OpGeneratorError) -> [BoundUnit] {
    var units: [BoundUnit] = []
    var taken: [String: String] = [:]
    for unit in list.units {
      var families: [(name: String, bindings: [Binding])] = []
      for family in unit.families {
        var bindings: [Binding] = []
        for entry in family.entries {
          let binding = try Binding(entry, declarations)
          if let other = taken.updateValue(entry.name, forKey: binding.functionName) {
            throw OpGeneratorError("'\(entry.name)' and '\(other)' would both be \(binding.functionName)")
          }
          bindings.append(binding)
        }
        families.append((family.name, bindings))
      }
      units.append((unit.name, families))
    }
    return units
  }
}
