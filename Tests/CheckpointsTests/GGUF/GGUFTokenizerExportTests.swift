import Testing

@testable import Checkpoints

struct GGUFTokenizerExportTests {
  private func file(_ name: String, of metadata: GGUFTokenizerMetadata) throws -> JSONValue {
    let files = try GGUFTokenizerExport(metadata, file: "m.gguf").files()
    let contents = try #require(files.first { $0.name == name }?.contents)
    return try JSONReader.read(contents, file: name)
  }

  private func merges(_ tokenizer: JSONValue) -> [[String]] {
    (tokenizer["model"]?["merges"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) }
  }

  private func metadata(model: String = "gpt2", pre: String? = "gpt-2", tokens: [String] = ["a"])
    -> GGUFTokenizerMetadata
  {
    GGUFTokenizerMetadata(model: model, preTokenizer: pre, tokens: tokens)
  }

  @Test func `A byte-level tokenizer keeps vocabulary, merges, special tokens and template`() throws {
    let source = try GGUFFile(path: FixtureFile.path("formats.gguf")).tokenizerMetadata()
    let tokenizer = try file("tokenizer.json", of: source)
    #expect(tokenizer["model"]?["vocab"]?.object?.map(\.key) == source.tokens)
    #expect(tokenizer["model"]?["vocab"]?["ab"]?.integer == 4)
    #expect(merges(tokenizer) == [["a", "b"]])
    #expect(tokenizer["added_tokens"]?.array?.map { $0["content"]?.string } == ["<|endoftext|>"])
    #expect(
      tokenizer["pre_tokenizer"]?["pretokenizers"]?.array?.map { $0["type"]?.string } == [
        "Digits", "ByteLevel",
      ])
    #expect(tokenizer["decoder"]?["type"]?.string == "ByteLevel")
    // The file says that no begin token is added.
    #expect(tokenizer["post_processor"]?.kindName == "null")
    let configuration = try file("tokenizer_config.json", of: source)
    #expect(configuration["bos_token"]?.string == "<|endoftext|>")
    #expect(configuration["chat_template"]?.string == "{{ messages }}")
    let generation = GGUFTokenizerExport(source, file: "").generationConfiguration()
    let ids = try JSONReader.read(Array(generation.utf8), file: "")
    #expect(ids["eos_token_id"]?.integer == 0)
    #expect(ids["pad_token_id"]?.integer == 0)
  }

  @Test func `A merge is cut at its first inner space`() throws {
    var source = metadata(tokens: ["a", "b"])
    source.merges = ["a b", "\u{120} a", " x y"]
    #expect(merges(try file("tokenizer.json", of: source)) == [["a", "b"], ["\u{120}", "a"], [" x", "y"]])
  }

  @Test func `The merges of scores are all cuts into two tokens, the highest score first`() throws {
    var source = metadata(
      model: "llama", pre: nil, tokens: ["<unk>", "<s>", "</s>", "<0x0A>", "a", "b", "ab", "ba", "aba"])
    source.tokenTypes = [2, 3, 3, 6, 1, 1, 1, 1, 1]
    source.scores = [0, 0, 0, 0, -5, -6, -2, -1, -3]
    source.beginToken = 1
    source.unknownToken = 0
    let tokenizer = try file("tokenizer.json", of: source)
    #expect(merges(tokenizer) == [["b", "a"], ["a", "b"], ["a", "ba"], ["ab", "a"]])
    #expect(tokenizer["model"]?["byte_fallback"]?.text() == "true")
    #expect(tokenizer["model"]?["unk_token"]?.string == "<unk>")
    #expect(
      tokenizer["normalizer"]?["normalizers"]?.array?.map { $0["type"]?.string } == ["Prepend", "Replace"])
    #expect(tokenizer["post_processor"]?["single"]?.array?.first?["SpecialToken"]?["id"]?.string == "<s>")
    source.addsSpacePrefix = false
    let bare = try file("tokenizer.json", of: source)
    #expect(bare["normalizer"]?["normalizers"]?.array?.map { $0["type"]?.string } == ["Replace"])
  }

  @Test(arguments: ["llama-bpe", "qwen2", "dbrx", "stablelm2", "gpt-2", "smollm"])
  func `Known ways of cutting text are written`(pre: String) throws {
    let tokenizer = try file("tokenizer.json", of: metadata(pre: pre))
    #expect(tokenizer["pre_tokenizer"]?["type"]?.string != nil)
    #expect(tokenizer["model"]?["ignore_merges"]?.text() == "\(pre == "llama-bpe")")
    #expect(tokenizer["normalizer"]?["type"]?.string == (pre == "qwen2" ? "NFC" : nil))
  }

  @Test func `What cannot be written is refused with its name`() throws {
    let cutting = try formatError { _ = try file("tokenizer.json", of: metadata(pre: "unheard-of")) }
    #expect(cutting.kind == .unsupported)
    #expect(cutting.found == "'unheard-of'")
    #expect(
      try formatError { _ = try file("tokenizer.json", of: metadata(model: "bert")) }.item
        == "key 'tokenizer.ggml.model'")
  }
}
