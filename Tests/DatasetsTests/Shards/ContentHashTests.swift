import Testing

@testable import Datasets

struct ContentHashTests {
  private func hash(_ text: String) -> String {
    var hash = ContentHash()
    hash.update(text)
    return hash.text
  }

  @Test func `Equal content has equal, other content another fingerprint`() {
    var seen: Set<String> = []
    var texts = ["", "a", "b", "ab", "ba", "\0", "\0\0", "aaaaaaaa", "aaaaaaaaa"]
    texts += (0..<300).map { "text \($0)" }
    for text in texts {
      #expect(hash(text) == hash(text))
      #expect(hash(text).count == 32)
      seen.insert(hash(text))
    }
    #expect(seen.count == texts.count)
  }

  @Test func `Equal files at two paths have one fingerprint`() throws {
    let scratch = try DataScratch()
    let first = try DataFile(path: scratch.write("content", "a"))
    let second = try DataFile(path: scratch.write("content", "b"))
    let third = try DataFile(path: scratch.write("context", "c"))
    #expect(ContentHash.fingerprint(of: first).text == ContentHash.fingerprint(of: second).text)
    #expect(ContentHash.fingerprint(of: first).text != ContentHash.fingerprint(of: third).text)
  }
}
