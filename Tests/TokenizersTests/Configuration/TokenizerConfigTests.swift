import Testing

@testable import Tokenizers

@Suite struct TokenizerConfigTests {
  private func config(_ json: String) throws -> TokenizerConfig {
    try TokenizerConfig(json: Array(json.utf8))
  }

  @Test("Tokens come as strings or as objects, templates as one or as a list")
  func reading() throws {
    let config = try config(
      """
      {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null,
       "add_bos_token": true, "model_max_length": 1000000000000000019884624838656, "unknown": [1],
       "chat_template": [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]}
      """)
    #expect(config.bosToken == "<s>" && config.eosToken == "</s>" && config.paddingToken == nil)
    #expect(config.addsBOS == true && config.addsEOS == nil && config.maximumLength == nil)
    #expect(config.chatTemplate() == "a" && config.chatTemplate(named: "tool_use") == "b")
    #expect(config.chatTemplate(named: "other") == "a")
    #expect(config.namedTokens == ["bos_token": "<s>", "eos_token": "</s>"])
    #expect(try self.config(#"{"chat_template": "c", "model_max_length": 2048}"#).chatTemplate() == "c")
    #expect(try self.config("{}").chatTemplate() == nil)
  }

  @Test("Mistakes name the member")
  func mistakes() throws {
    for (json, path) in [
      (#"{"bos_token": 1}"#, "bos_token"), (#"{"eos_token": {}}"#, "eos_token.content"),
      (#"{"add_bos_token": "x"}"#, "add_bos_token"),
      (#"{"chat_template": {}}"#, "chat_template"),
      (#"{"chat_template": [{"name": "a"}]}"#, "chat_template[0].template"), ("[]", ""),
    ] {
      let error = #expect(throws: TokenizerError.self) { try config(json) }
      #expect(error?.path == path)
    }
  }

  @Test("A tokenizer takes its ids and its wishes from it")
  func application() throws {
    var config = TokenizerConfig()
    config.bosToken = "<|im_start|>"
    config.eosToken = "<|im_end|>"
    config.paddingToken = "not there"
    let json = try Fixture.bytes("gpt2.tokenizer.json")
    let plain = try Tokenizer(json: json, configuration: config)
    #expect(plain.bosID == 1 && plain.eosID == 2 && plain.paddingID == nil)
    #expect(plain.encode("a") == plain.encode("a", addSpecialTokens: false))
    config.addsBOS = true
    config.addsEOS = true
    let adding = try Tokenizer(json: json, configuration: config)
    #expect(adding.encode("a") == [1] + plain.encode("a") + [2])
    config.addsBOS = false
    config.addsEOS = nil
    let llama = try Tokenizer(json: Fixture.bytes("llama2.tokenizer.json"), configuration: config)
    #expect(
      llama.encode("a") == llama.encode("a", addSpecialTokens: false), "the configuration overrides the file")
  }
}
