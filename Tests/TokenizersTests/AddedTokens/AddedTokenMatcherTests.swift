import Testing

@testable import Tokenizers

@Suite struct AddedTokenMatcherTests {
  private func cut(_ text: String, _ tokens: [AddedToken], skipsSpecial: Bool = false) -> [String] {
    let matcher = AddedTokenMatcher(tokens.map { ($0, Array($0.content.utf8)) })
    let bytes = Array(text.utf8)
    return matcher.stretches(of: bytes.span, skipsSpecial: skipsSpecial).map { stretch in
      (stretch.token.map { "\($0):" } ?? "") + String(decoding: bytes[stretch.range], as: UTF8.self)
    }
  }

  @Test("The leftmost token is found, and of those the longest")
  func longest() {
    let tokens = ["ab", "abcd", "b", "cde"].enumerated().map { AddedToken(id: $0, content: $1) }
    #expect(cut("xabcdex", tokens) == ["x", "1:abcd", "ex"])
    #expect(cut("abce", tokens) == ["0:ab", "ce"])
    #expect(cut("acde", tokens) == ["a", "3:cde"])
    #expect(cut("", tokens) == [])
    #expect(cut("zzz", tokens) == ["zzz"])
  }

  @Test("White space is taken only where the token asks for it")
  func whiteSpace() {
    #expect(cut("a <l> b", [AddedToken(id: 0, content: "<l>", stripsLeft: true)]) == ["a", "0: <l>", " b"])
    #expect(
      cut("a <r> \n b", [AddedToken(id: 0, content: "<r>", stripsRight: true)]) == ["a ", "0:<r> \n ", "b"])
    let both = AddedToken(id: 0, content: "<b>", stripsLeft: true, stripsRight: true)
    #expect(cut(" <b> <b> ", [both]) == ["0: <b> ", "0:<b> "])
  }

  @Test("A single word is not found inside another")
  func singleWord() {
    let token = AddedToken(id: 0, content: "cat", isSingleWord: true)
    #expect(cut("cat concat cats _cat cat", [token]) == ["0:cat", " concat cats _cat ", "0:cat"])
    #expect(cut("\u{E9}cat cat\u{301}", [token]) == ["\u{E9}cat cat\u{301}"])
  }

  @Test("Special tokens can be taken for text")
  func skipping() throws {
    let tokens = [AddedToken(id: 0, content: "<s>", isSpecial: true), AddedToken(id: 1, content: "<t>")]
    #expect(cut("<s><t>", tokens, skipsSpecial: true) == ["<s>", "1:<t>"])
    let tokenizer = try Fixture.tokenizer("gpt2")
    let text = "<|im_end|>"
    #expect(tokenizer.encode(text) == [tokenizer.id(of: text)].compactMap { $0 })
    let ids = tokenizer.encode(text, parseSpecialTokens: false)
    #expect(ids.count > 1 && tokenizer.decode(ids) == text)
  }
}
