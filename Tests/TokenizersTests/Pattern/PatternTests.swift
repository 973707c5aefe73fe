import Testing

@testable import Tokenizers

@Suite struct PatternTests {
  private func matches(_ expression: String, _ text: String) throws -> [String] {
    let pattern = TextPattern.pattern(try Pattern(expression, path: "test"))
    let bytes = Array(text.utf8)
    var result: [String] = []
    pattern.forEachMatch(in: bytes.span) { result.append(String(decoding: bytes[$0], as: UTF8.self)) }
    return result
  }

  @Test("Expressions match what Oniguruma matches")
  func expressions() throws {
    #expect(try matches("a|ab", "abab") == ["a", "a"])
    #expect(try matches("ab|a", "abaa") == ["ab", "a", "a"])
    #expect(try matches("a+?b", "aab") == ["aab"])
    #expect(try matches("a{2}", "aaaaa") == ["aa", "aa"])
    #expect(try matches("a{2,}", "aaaaa") == ["aaaaa"])
    #expect(try matches("a{,2}b", "aaab") == ["aab"])
    #expect(try matches("a{1,2}?", "aaa") == ["a", "a", "a"])
    #expect(try matches("a++a", "aaa") == [])
    #expect(try matches("(?>a|ab)c", "abc ac") == ["ac"])
    #expect(try matches(#"\s+(?!\S)"#, "a   b ") == ["  ", " "])
    #expect(try matches(#"(?<=a)b"#, "ab cb") == ["b"])
    #expect(try matches(#"(?<!\S)\w+"#, "ab \u{E9}b") == ["ab", "\u{E9}b"])
    #expect(try matches(#"(?<=a|bc)x"#, "ax bcx cx") == ["x", "x"])
    #expect(try matches("(?i:stra)sse", "STRAsse straSSE") == ["STRAsse"])
    #expect(try matches("(?i)k|s", "K\u{212A}\u{17F}S") == ["K", "\u{212A}", "\u{17F}", "S"])
    #expect(try matches(#"[\p{L}&&[^\p{Han}]]+"#, "ab\u{4E2D}c") == ["ab", "c"])
    #expect(try matches(#"[^a-c\d]+"#, "abxyz12-") == ["xyz", "-"])
    #expect(try matches(#"[]a]+"#, "a]b") == ["a]"])
    #expect(try matches(#"[[:alpha:]_]+"#, "a_1b") == ["a_", "b"])
    #expect(try matches(#"\x{4E2D}\u4E2D\x41"#, "\u{4E2D}\u{4E2D}A") == ["\u{4E2D}\u{4E2D}A"])
    #expect(try matches(#"^a|b$|\Ac|d\z"#, "a\nab\nbd") == ["a", "a", "b", "d"])
    #expect(try matches(#"\bcat\b"#, "cat concat cat") == ["cat", "cat"])
    #expect(try matches(#"\p{Lu}\P{L}\p{^L}"#, "A12 AB1") == ["A12"])
    #expect(try matches("(a|b)*c", "ababc") == ["ababc"])
    #expect(try matches("(a*)*b", "aaab") == ["aaab"])
    #expect(try matches("x*", "axb").joined(separator: ",") == ",x,,")
    #expect(try matches("a{x}", "a{x}") == ["a{x}"])
  }

  @Test("The search passes over what starts no match, and over nothing else")
  func starts() throws {
    func starts(_ expression: String) throws -> String? {
      let sets = try Pattern(expression, path: "test").startSets()
      return sets.map { sets in
        "abc 12".filter { character in sets.contains { $0.contains(character.unicodeScalars.first ?? " ") } }
      }
    }
    #expect(try starts("b|c+1") == "bc")
    #expect(try starts(#" ?\d+|(?=a)a"#) == "a 12")
    #expect(try starts("a*b") == "ab")
    #expect(try starts(#"\b[^a]"#) == "bc 12")
    #expect(try starts("a*") == nil)
    #expect(try starts("(?>a)b") == nil)
    #expect(try matches(#"\s+(?!\S)|\d"#, "ab1 c  2").joined(separator: "|") == "1| |2")
  }

  @Test("A pattern that tempts a backtracking matcher to run away ends")
  func runaway() throws {
    #expect(try matches("(a+)+b", String(repeating: "a", count: 150)) == [])
    #expect(try matches("(a|a)*c", String(repeating: "a", count: 100)) == [])
  }

  @Test(
    "What cannot be read is an error that says where",
    arguments: [
      "(", ")", "a)", "[", "[a", "*", "a**********", #"\p{Nonsense}"#, #"\p{L"#, #"\q"#, #"\"#, "(?<n>a)",
      "(?", "[b-a]",
      "a{5,2}", "a{9999}", "((((a{999}){999}){999}){999})", "(?<=a*)b", #"\x{}"#, "[[:alpha]", "(?x:a)",
      String(repeating: "(", count: 1000), String(repeating: "[", count: 1000),
    ])
  func mistakes(expression: String) {
    let error = #expect(throws: TokenizerError.self) { try Pattern(expression, path: "here") }
    #expect(error?.kind == .pattern && error?.path == "here")
  }

  @Test(
    "The hand-written scanners cut where their expressions match",
    arguments: WordPattern.spellings.map(\.expression))
  func scanners(expression: String) throws {
    let words = try #require(WordPattern(regularExpression: expression))
    let pattern = try Pattern(expression, path: "test")
    var source = SplitMix(state: 42)
    for _ in 0..<1500 {
      let text = Array(source.text().utf8)
      var start = 0
      while start < text.count {
        let expected = pattern.matchEnd(in: text.span, from: start)
        let end = words.end(in: text.span, from: start)
        #expect(end == expected, "\(String(decoding: text, as: UTF8.self).debugDescription) at \(start)")
        if end != expected || end <= start { return }
        start = end
      }
    }
  }
}
