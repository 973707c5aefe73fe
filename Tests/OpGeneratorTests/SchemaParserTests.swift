import OpGenerator
import Testing

/// Declarations in the spelling of native_functions.yaml.
struct SchemaParserTests {
  @Test func `names, keyword-only arguments and defaults are read`() throws {
    let schema = try SchemaParser(
      "add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"
    )
    .schema()
    #expect(schema.name == "add_")
    #expect(schema.overload == "Tensor")
    #expect(schema.isInPlace)
    #expect(schema.entryName == "add__Tensor")
    #expect(schema.arguments.map(\.name) == ["self", "other", "alpha"])
    #expect(schema.arguments.map(\.isKeywordOnly) == [false, false, true])
    #expect(schema.arguments[0].type.isWritten)
    #expect(schema.arguments[2].defaultText == "1")
  }

  @Test func `lists, optional lists and lists of optional elements differ`() throws {
    let schema = try SchemaParser(
      "f(Tensor(a -> *) self, int[1]? dim=None, Tensor?[] indices, SymInt[] size, bool[3] m) -> Tensor(a)[]"
    ).schema()
    let types = schema.arguments.map(\.type)
    #expect(types[1].isList && types[1].isOptional && types[1].listCount == 1)
    #expect(types[2].isList && types[2].hasOptionalElements && !types[2].isOptional)
    #expect(types[3].base == .symInt && types[3].listCount == nil)
    #expect(types[4].base == .bool && types[4].listCount == 3)
    #expect(schema.results[0].type.isList)
  }

  @Test func `several results keep their names`() throws {
    let schema = try SchemaParser("max.dim(Tensor self, int dim) -> (Tensor values, Tensor indices)").schema()
    #expect(schema.results.map(\.name) == ["values", "indices"])
    #expect(
      try SchemaParser("f(Tensor self) -> (Tensor, Tensor)").schema().results.map(\.name) == [nil, nil])
    #expect(try SchemaParser("f(Tensor(a!)[] self) -> ()").schema().results.isEmpty)
  }

  @Test func `a type without a binding is an error that names it`() {
    #expect(throws: OpGeneratorError("'f(Dimname d) -> Tensor': the type 'Dimname' is not supported")) {
      try SchemaParser("f(Dimname d) -> Tensor").schema()
    }
  }
}
