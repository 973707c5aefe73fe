import Testing

@testable import Tokenizers

@Suite struct TokenizerGGUFTests {
  /// What a converter would write into a GGUF file for one of the trained tokenizers.
  private func description(
    of name: String, model: String, pre: String? = nil
  ) throws -> GGUFTokenizerDescription {
    let root = try JSONDocument(Fixture.bytes("\(name).tokenizer.json"), name: name).root
    let vocabulary = try root.required("model").required("vocab").members
    var tokens = vocabulary.sorted { $0.value.int ?? 0 < $1.value.int ?? 0 }.map(\.key)
    var types = tokens.map { $0.hasPrefix("<0x") ? 6 : 1 }
    for node in root["added_tokens"]?.elements ?? [] {
      let token = try AddedToken(json: node)
      if token.id >= tokens.count {
        tokens.append(token.content)
        types.append(4)
      }
      types[token.id] = token.isSpecial ? 3 : 4
    }
    let merges = try root.required("model").required("merges").elements.map {
      $0.elements.compactMap(\.string).joined(separator: " ")
    }
    var description = GGUFTokenizerDescription(
      model: model, tokens: tokens, merges: merges, tokenTypes: types)
    description.preTokenizer = pre
    return description
  }

  @Test(
    "Byte-level metadata gives the ids of the tokenizer.json that it was made from",
    arguments: [
      ("gpt2", "gpt-2"), ("smollm", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"),
      ("o200k", "gpt-4o"),
    ])
  func byteLevel(name: String, pre: String) throws {
    let tokenizer = try Tokenizer(gguf: description(of: name, model: "gpt2", pre: pre))
    // GGUF does not know tokens that take white space with them, nor words of their own, nor normalized ones.
    let flagged = ["<ltag>", "<rtag>", "<both>", "<word>", "Word"]
    func isPlain(_ text: String) -> Bool { flagged.allSatisfy { PythonText.find($0, in: text) == nil } }
    for entry in try Fixture.expectations(name).cases where isPlain(entry.text) {
      let ids = tokenizer.encode(entry.text, addSpecialTokens: false)
      #expect(ids == entry.ids, "\(entry.text.debugDescription)")
      let decoded = tokenizer.decode(ids, skipSpecialTokens: false)
      #expect(decoded.utf8.elementsEqual((entry.decoded ?? entry.text).utf8))
    }
  }

  @Test("Scores merge as SentencePiece does")
  func scores() throws {
    let expected = try Fixture.sentencePiece()
    var description = GGUFTokenizerDescription(
      model: "llama", tokens: expected.tokens, scores: expected.scores, tokenTypes: expected.types)
    description.bosID = 1
    description.eosID = 2
    description.unknownID = 0
    let tokenizer = try Tokenizer(gguf: description)
    for entry in expected.cases {
      #expect(
        tokenizer.encode(entry.text, addSpecialTokens: false) == entry.ids, "\(entry.text.debugDescription)")
      let decoded = tokenizer.decode(entry.ids)
      #expect(
        decoded.utf8.elementsEqual((entry.decoded ?? entry.text).utf8), "\(entry.text.debugDescription)")
    }
    #expect(tokenizer.encode("a").first == 1)
    description.addsBOS = false
    description.addsEOS = true
    let other = try Tokenizer(gguf: description)
    #expect(other.encode("a").first != 1 && other.encode("a").last == 2)
  }

  @Test("Every named way of cutting text can be made")
  func kinds() throws {
    for name in [
      "default", "gpt-2", "smollm", "llama3", "dbrx", "qwen2", "stablelm2", "gpt-4o", "tekken", "deepseek-v3",
      "bloom", "falcon",
    ] {
      #expect(throws: Never.self) { try GGUFWordKind(name: name) }
    }
    let error = #expect(throws: TokenizerError.self) { try GGUFWordKind(name: "odd") }
    #expect(error?.path == "tokenizer.ggml.pre" && error?.message.contains("odd") == true)
  }

  @Test("Metadata that contradicts itself is an error that names the key")
  func contradictions() throws {
    func path(_ change: (inout GGUFTokenizerDescription) -> Void) -> String? {
      var description = GGUFTokenizerDescription(
        model: "gpt2", tokens: ["a", "b", "ab"], merges: ["a b"], tokenTypes: [1, 1, 1])
      description.preTokenizer = "gpt-2"
      change(&description)
      do {
        _ = try Tokenizer(gguf: description)
        return nil
      } catch {
        return error.path
      }
    }
    #expect(path { _ in } == nil)
    #expect(path { $0.model = "t5" } == "tokenizer.ggml.model")
    #expect(path { $0.bosID = 3 } == "tokenizer.ggml.bos_token_id")
    #expect(path { $0.eosID = -1 } == "tokenizer.ggml.eos_token_id")
    #expect(path { $0.merges = ["a b", "a c"] } == "tokenizer.ggml.merges[1]")
    #expect(path { $0.merges = ["ab"] } == "tokenizer.ggml.merges[0]")
    #expect(path { $0.merges = ["a  b"] } == "tokenizer.ggml.merges[0]")
    #expect(path { $0.model = "llama" } == "tokenizer.ggml.scores")
    #expect(path { $0.tokens = [] } == "tokenizer.ggml.merges[0]")
  }
}
