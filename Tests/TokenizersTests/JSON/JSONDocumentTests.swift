import Testing

@testable import Tokenizers

@Suite struct JSONDocumentTests {
  private func root(_ text: String) throws(TokenizerError) -> JSONNode {
    try JSONDocument(Array(text.utf8), name: "test").root
  }

  @Test("Values are read as written")
  func values() throws {
    let node = try root(
      #" { "a" : [1, -2.5e3, true, null, "x\n\"\\\/\u00e9\ud83d\ude00"], "b":{}, "#
        + #""\u0061b": 12345678901, "n": null, "a": 7 } "#
    )
    #expect(node["a"]?.int == 7, "the later of two equal keys counts")
    let list = node.members[0].value.elements
    #expect(list.count == 5 && list[0].int == 1 && list[1].double == -2500 && list[1].int == nil)
    #expect(list[2].bool == true && list[3].isNull && list[4].string == "x\n\"\\/\u{E9}\u{1F600}")
    #expect(list[4].path == "a[4]")
    #expect(node["ab"]?.int == 12_345_678_901 && node["n"] == nil && node["b"]?.members.isEmpty == true)
    #expect(node["missing"] == nil)
  }

  @Test(
    "What is not JSON is an error",
    arguments: [
      "", " ", "{", "}", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "01", "1.", "-", "1e",
      "+1", ".5",
      "nul", "truee", #""a"#, "\"a\nb\"", #""\q""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#,
      #""\udc00""#, "1 2",
      "NaN", "'a'", "[", #"["a"#, #""\"#, "\u{FEFF}1", String(repeating: "[", count: 100_000),
    ])
  func mistakes(text: String) {
    let error = #expect(throws: TokenizerError.self) { try root(text) }
    #expect(error?.kind == .json && error?.path == "test")
  }

  @Test("Bytes that are no UTF-8 are an error that says where")
  func brokenText() {
    let error = #expect(throws: TokenizerError.self) {
      try JSONDocument([0x22, 0x41, 0xFF, 0x22], name: "test")
    }
    #expect(error?.message == "not UTF-8 at byte 2")
  }

  @Test("An error names the line")
  func line() {
    let error = #expect(throws: TokenizerError.self) { try root("{\n\"a\": 1,\n\"b\" 2}") }
    #expect(error?.message.hasPrefix("line 3: expected ':'") == true)
  }
}
