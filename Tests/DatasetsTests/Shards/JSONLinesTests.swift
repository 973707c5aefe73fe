import Testing

@testable import Datasets

struct JSONLinesTests {
  private func read(_ text: String) throws -> [JSONLine] {
    try read(Array(text.utf8))
  }

  private func read(_ bytes: [UInt8]) throws -> [JSONLine] {
    try bytes.withUnsafeBytes { bytes in
      var lines = JSONLines(bytes, file: "d.jsonl")
      var all: [JSONLine] = []
      while let line = try lines.next() { all.append(line) }
      return all
    }
  }

  @Test func `Texts, completions and conversations are read, blank lines passed over`() throws {
    #expect(
      try read("{\"text\": \"a\\n\u{E9}\"}\n\n  \r\n{\"text\": \"\", \"id\": 3}") == [
        .document("a\n\u{E9}"), .document(""),
      ])
    #expect(
      try read("{\"prompt\": \"p\", \"completion\": \"c\", \"text\": \"t\"}\n") == [
        .completion(prompt: "p", completion: "c")
      ])
    let turns =
      #"{"messages": [{"role": "user", "content": "q", "extra": 1}, {"role": "assistant", "content": "a"}]}"#
    #expect(
      try read(turns) == [
        .conversation([ChatMessage(role: "user", content: "q"), ChatMessage(role: "assistant", content: "a")])
      ])
  }

  @Test(arguments: [
    ("{\"text\": \"a\"}\n{\"text\": 3}", "line 2", "another type at 'text'"),
    ("{\"text\": \"a\"}\n\n{\"text\": \"b\"", "line 3", "no JSON object"),
    ("nonsense", "line 1", "no JSON object"),
    ("[1]", "line 1", "no JSON object"),
    ("{\"body\": \"a\"}", "line 1", "an object without the keys that are looked for"),
    ("{\"prompt\": \"a\"}", "line 1", "an object without the keys that are looked for"),
    ("{\"text\": \"a\"}\n{\"prompt\": \"a\", \"completion\": \"b\"}", "line 2", "prompt and completion"),
    (#"{"messages": [{"role": "user"}]}"#, "line 1", "no 'content' in 'messages[0]'"),
    (
      #"{"messages": [{"role": "user", "content": "q"}]}"#, "line 1",
      "messages without one of the role 'assistant'"
    ),
    (#"{"messages": "q"}"#, "line 1", "another type at 'messages'"),
  ])
  func `A wrong line is named with what is there`(text: String, place: String, found: String) throws {
    let error = try datasetError { _ = try read(text) }
    #expect(error.kind == .malformed)
    #expect(error.place == place)
    #expect(error.found == found)
    #expect(error.description.hasPrefix("d.jsonl, \(place): found "))
  }

  @Test func `Bytes that are no text are named with their position`() throws {
    let error = try datasetError {
      _ = try read(Array("{\"text\": \"a\"}\n{\"text\": \"".utf8) + [0xE9, 0x22, 0x7D])
    }
    #expect(error.kind == .invalidText)
    #expect(error.place == "byte 24")
    #expect(error.found == "0xe9 0x22 0x7d")
  }
}
