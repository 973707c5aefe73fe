import OpGenerator
import Testing

/// What the generator makes of a list, on declarations small enough to read.
struct OpGeneratorTests {
  private let yaml = """
    - func: scale(Tensor self, float factor, *, Tensor? bias=None) -> Tensor
      variants: function
    - func: scale_(Tensor(a!) self, float factor, *, Tensor? bias=None) -> Tensor(a!)
    - func: join(Tensor[] tensors, int dim=0) -> Tensor
    - func: total(Tensor self, int[1]? dim, bool keepdim=False) -> Tensor
    - func: draw(Tensor self, *, Generator? generator=None) -> Tensor
    """

  private func swift(_ list: String) throws -> String {
    let files = try OpGenerator(yaml: yaml, list: "[[u]]\n[F]\n\(list)").files()
    return try #require(files.last).text
  }

  @Test func `an operator becomes a method whose doc comment names the schema`() throws {
    let text = try swift("scale | Scaled.")
    #expect(text.contains("/// ATen: `scale(Tensor self, float factor, *, Tensor? bias=None) -> Tensor`"))
    #expect(
      text.contains("public func scale(factor: Double, bias: Tensor? = nil) throws(TorchError) -> Tensor {"))
  }

  @Test func `the in-place form says so in its name and returns the tensor itself`() throws {
    let text = try swift("scale_ | Scaled.")
    #expect(text.contains("public func scaleInPlace(factor: Double"))
    #expect(text.contains("return self"))
  }

  @Test func `an operator on a list is static`() throws {
    #expect(
      try swift("join | Joined.").contains("public static func join(_ tensors: [Tensor], dim: Int = 0)"))
  }

  @Test func `one dimension may stand for a list of one`() throws {
    let text = try swift("total | Total.")
    #expect(text.contains("public func total(dim: [Int]?, keepdim: Bool = false)"))
    #expect(text.contains("public func total(dim: Int, keepdim: Bool = false)"))
  }

  @Test func `a random operator always takes a generator`() throws {
    #expect(try swift("draw | Drawn.").contains("public func draw(generator: Generator)"))
    #expect(throws: OpGeneratorError("'draw' hides its generator: random operators must take one")) {
      try swift("draw hide=generator | Drawn.")
    }
  }

  @Test(arguments: [
    ("gone | Gone.", "has no operator 'gone'"),
    ("scale color=red | Scaled.", "the setting 'color' is not one of"),
    ("scale hide=depth | Scaled.", "'scale' has no argument 'depth'"),
    ("scale", "'scale' has no sentence"),
    ("scale | Scaled.\nscale | Again.", "would both be ct_op_scale"),
  ])
  func `a mistake in the list is named`(list: String, message: String) throws {
    let error = #expect(throws: OpGeneratorError.self) { try swift(list) }
    #expect(try #require(error).description.contains(message))
  }
}
