import Testing

@testable import Tokenizers

@Suite struct TokenizerTests {
  static let trained = [
    "gpt2", "gpt2-prefix-space", "smollm", "llama3", "qwen2", "o200k", "o200k-removed", "deepseek", "kimi",
    "sparse-alphabet", "sparse-fused", "llama2", "llama2-metaspace", "metaspace-always", "gemma", "words",
    "clip-like",
  ]

  @Test("Ids and decoded texts are those of the reference", arguments: trained)
  func equality(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let expected = try Fixture.expectations(name)
    for entry in expected.cases {
      let ids = tokenizer.encode(entry.text, addSpecialTokens: false)
      #expect(ids == entry.ids, "\(entry.text.debugDescription)")
      let decoded = tokenizer.decode(entry.ids, skipSpecialTokens: false)
      #expect(
        decoded.utf8.elementsEqual((entry.decoded ?? entry.text).utf8), "\(entry.text.debugDescription)")
    }
    #expect(tokenizer.encode(expected.sample) == expected.withSpecial)
  }
}
