import Testing

@testable import Launcher

@Suite struct WorldInfoTests {
  @Test func `a pool travels as the base64 word that other launchers write`() throws {
    let pool = ResourcePool([
      ResourcePool.Node(host: "worker-0", slots: [0, 1]), ResourcePool.Node(host: "worker-1", slots: [3]),
    ])
    // python3: base64.urlsafe_b64encode(json.dumps({"worker-0": [0, 1], "worker-1": [3]}).encode())
    let word = "eyJ3b3JrZXItMCI6IFswLCAxXSwgIndvcmtlci0xIjogWzNdfQ=="
    #expect(WorldInfo.encoded(pool) == word)
    #expect(try WorldInfo.decoded(word) == pool)
  }

  @Test func `odd host names survive`() throws {
    let pool = ResourcePool([ResourcePool.Node(host: "a\"b\\c\u{1}\u{e9}", slots: [])])
    #expect(try WorldInfo.decoded(WorldInfo.encoded(pool)) == pool)
  }

  @Test(arguments: [
    "", "!!", "e30=", "eyJhIjogWzBd", "eyJhIjogMH0=", "eyJhIjogWzBdfSB4", "eyJhIjpbMF0sImEiOlsxXX0=",
  ])
  func `damaged words are refused`(word: String) {
    #expect(throws: LaunchError.self) { try WorldInfo.decoded(word) }
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"), ("\u{3ff}?>", "z78_Pg=="),
  ])
  func `base64 follows the vectors of RFC 4648`(text: String, word: String) {
    #expect(Base64.encoded(Array(text.utf8)) == word)
    #expect(Base64.decoded(word) == Array(text.utf8))
  }
}
