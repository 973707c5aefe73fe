import Collectives
import TestSupport
import Testing

/// One contract for all stores.
struct StoreTests {
  enum Kind: CaseIterable {
    case memory, file, tcp
  }

  private func withStore(_ kind: Kind, _ body: (Store) throws -> Void) throws {
    switch kind {
    case .memory: try body(try Store.inMemory())
    case .tcp: try body(try Store.serving(port: 0, timeout: .seconds(10)).store)
    case .file:
      let folder = try TemporaryFolder()
      try body(try Store.inFile(folder.path("store"), ranks: 1))
    }
  }

  @Test(arguments: Kind.allCases)
  func `keys are set, found, counted and removed`(kind: Kind) throws {
    try withStore(kind) { store in
      #expect(try !store.contains("name"))
      try store.set("name", "value \u{1F} with \u{0} bytes")
      #expect(try store.contains("name"))
      #expect(try store.text("name", timeout: .seconds(5)) == "value \u{1F} with \u{0} bytes")
      try store.set("empty", [])
      #expect(try store.get("empty", timeout: .seconds(5)) == [])
      #expect(try store.add("count", 2) == 2)
      #expect(try store.add("count", 3) == 5)
      let part = try store.prefixed("part")
      #expect(try !part.contains("name"))
      try part.set("name", "other")
      #expect(try store.text("name", timeout: .seconds(5)) != "other")
      #expect(try store.remove("name"))
    }
  }

  @Test(arguments: Kind.allCases)
  func `a key that does not come is an error that names it`(kind: Kind) throws {
    try withStore(kind) { store in
      let error = try #require(throws: CollectiveError.self) {
        try store.get("missing", timeout: .milliseconds(100))
      }
      #expect("\(error)".contains("missing"))
    }
  }
}
