import Foundation
import Testing

@testable import Tokenizers

/// The sample model's own tokenizer, where the model is on this machine.
@Suite(.enabled(if: Fixture.sampleModelPath != nil, "the sample model is not in the cache"))
struct SmolLM2Tests {
  private func description() throws -> GGUFTokenizerDescription {
    try GGUFMetadata(path: #require(Fixture.sampleModelPath)).tokenizerDescription()
  }

  @Test("Its ids are those of the reference")
  func ids() throws {
    let tokenizer = try Tokenizer(gguf: description())
    let expected = try Fixture.expectations("smollm2")
    for entry in expected.cases {
      #expect(tokenizer.encode(entry.text) == entry.ids, "\(entry.text.debugDescription)")
      let decoded = tokenizer.decode(entry.ids, skipSpecialTokens: false)
      #expect(decoded.utf8.elementsEqual((entry.decoded ?? entry.text).utf8))
    }
    #expect(tokenizer.encode(expected.sample) == expected.withSpecial)
    #expect(tokenizer.vocabularySize == 49152)
    #expect(tokenizer.bosID == 1 && tokenizer.eosID == 2 && tokenizer.paddingID == 2)
    #expect(tokenizer.isSpecial(2) && !tokenizer.isSpecial(100))
  }

  @Test("Its chat template adds the usual system message and opens the answer")
  func template() throws {
    let template = try ChatTemplate(#require(description().chatTemplate))
    let text = try template.render([ChatMessage(role: "user", content: "Hi")], addGenerationPrompt: true)
    #expect(
      text == """
        <|im_start|>system
        You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant

        """)
    let tokenizer = try Tokenizer(gguf: description())
    #expect(tokenizer.encode(text, addSpecialTokens: false).filter { $0 == 1 }.count == 3)
  }
}
