import Testing

@Suite("Documentation of public symbols")
struct PublicDocumentationTests {
  @Test("every public declaration has a comment that says more than its name")
  func comments() throws {
    var count = 0
    for path in try Repository.files(under: "Sources", suffix: ".swift") {
      for declaration in PublicDeclaration.all(in: try Repository.text(path)) {
        count += 1
        #expect(!declaration.comment.isEmpty, "\(path), \(declaration): has no /// comment")
        #expect(
          declaration.comment.isEmpty || !declaration.onlyRepeatsName,
          "\(path), \(declaration): its comment only repeats the name")
      }
    }
    #expect(count > 1500, "only \(count) declarations found: does the reader still understand the sources?")
  }

  @Test("a declaration without a comment is found, in whatever form")
  func finds() {
    let source = """
      public struct Box {  // no comment
        /// Bytes, in total.
        public var size: Int
        public private(set) var open = "}"
        var hidden = 1
        @discardableResult
        public func f() -> Int { let x = 1; return x }
        /// The size.
        public let theSize = 2
      }
      public protocol P {
        func requirement()
      }
      enum Inner { case a }
      public enum Outer {
        case b
        /// Something.
        case c
        private func g() { switch self { case .b: break } }
      }
      public extension Box {
        init(text: String) { self.init("\\(text + "{")") }
        private func secret() {}
      }
      """
    let found = PublicDeclaration.all(in: source)
    let without = found.filter(\.comment.isEmpty).map(\.name)
    #expect(without == ["Box", "open", "f", "P", "requirement", "Outer", "b", ""])
    #expect(found.filter { !$0.comment.isEmpty }.map(\.name) == ["size", "theSize", "c"])
    #expect(found.filter { !$0.comment.isEmpty && $0.onlyRepeatsName }.map(\.name) == ["theSize"])
  }
}
