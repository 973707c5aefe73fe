import Testing

@testable import Tokenizers

/// What is wrong with a tokenizer.json must come out as an error that names the place, and never as a crash.
@Suite struct TokenizerInputTests {
  private static let model =
    #""model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}"#

  private func error(_ json: String) -> TokenizerError? {
    do {
      _ = try Tokenizer(json: Array(json.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test("The smallest tokenizer works")
  func smallest() throws {
    let tokenizer = try Tokenizer(json: Array("{\(Self.model)}".utf8))
    #expect(tokenizer.encode("abba") == [2, 1, 0] && tokenizer.decode([2, 1, 0]) == "ab b a")
    #expect(tokenizer.vocabularySize == 3 && tokenizer.id(of: "ab") == 2 && tokenizer.token(of: 1) == "b")
    #expect(tokenizer.encode("") == [] && tokenizer.encode("xyz") == [] && tokenizer.decode([]) == "")
  }

  @Test("A model of whole words sees the byte-level alphabet too")
  func byteLevelWords() throws {
    let model =
      #""model": {"type": "WordLevel", "vocab": {"u": 0, "\u0120a": 1, "b\u00e9": 2}, "unk_token": "u"}"#
    let stage = #""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true}"#
    let tokenizer = try Tokenizer(
      json: Array(#"{\#(stage), \#(model), "decoder": {"type": "ByteLevel"}}"#.utf8))
    #expect(tokenizer.encode("a a b") == [1, 1, 0] && tokenizer.decode([1, 1]) == " a a")
  }

  @Test(
    "A wrong model names the member",
    arguments: [
      ("{}", "model"), ("[]", ""), (#"{"model": 1}"#, "model"), (#"{"model": {}}"#, "model.vocab"),
      (#"{"model": {"type": "Odd"}}"#, "model.type"), (#"{"model": {"type": 7}}"#, "model.type"),
      (#"{"model": {"type": "BPE", "vocab": [], "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": "0"}, "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 999999999}, "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 99999999999999999999}, "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 1.5}, "merges": []}}"#, "model.vocab"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0}}}"#, "model.merges"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": {}}}"#, "model.merges"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a"]]}}"#, "model.merges[0]"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a", "a"]}}"#, "model.merges[1]"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": [["a"]]}}"#, "model.merges[0]"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "u"}}"#, "model.unk_token"),
      (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "fuse_unk": 1}}"#, "model.fuse_unk"),
      (#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#, "model.unk_token"),
      (#"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "u"}}"#, "model.unk_token"),
    ])
  func models(json: String, path: String) {
    #expect(error(json)?.path == path)
  }

  @Test(
    "A wrong stage names the member",
    arguments: [
      (#""normalizer": {}"#, "normalizer.type"), (#""normalizer": {"type": "Odd"}"#, "normalizer.type"),
      (
        #""normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""}"#,
        "normalizer.pattern.Regex"
      ),
      (#""normalizer": {"type": "Replace", "pattern": {"String": "a"}}"#, "normalizer.content"),
      (
        #""normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {}]}"#,
        "normalizer.normalizers[1].type"
      ),
      (#""pre_tokenizer": {"type": "Odd"}"#, "pre_tokenizer.type"),
      (
        #""pre_tokenizer": {"type": "Split", "pattern": {}, "behavior": "Isolated"}"#, "pre_tokenizer.pattern"
      ),
      (
        #""pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "x"}"#,
        "pre_tokenizer.behavior"
      ),
      (#""pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}"#, "pre_tokenizer.replacement"),
      (#""pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "x"}"#, "pre_tokenizer.prepend_scheme"),
      (#""pre_tokenizer": {"type": "FixedLength", "length": 0}"#, "pre_tokenizer"),
      (#""post_processor": {"type": "Odd"}"#, "post_processor.type"),
      (#""post_processor": {"type": "TemplateProcessing", "single": []}"#, "post_processor.single"),
      (
        #""post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}]}"#,
        "post_processor.single[0]"
      ),
      (#""post_processor": {"type": "BertProcessing", "cls": 1}"#, "post_processor.cls"),
      (#""decoder": {"type": "Odd"}"#, "decoder.type"),
      (#""decoder": {"type": "Strip", "content": " "}"#, "decoder.start"),
      (#""decoder": {"type": "Sequence", "decoders": [{"type": "Replace"}]}"#, "decoder.decoders[0].content"),
      (#""added_tokens": [{"content": "x"}]"#, "added_tokens[0].id"),
      (#""added_tokens": [{"id": -1, "content": "x"}]"#, "added_tokens[0].id"),
      (#""added_tokens": [{"id": 5, "content": 1}]"#, "added_tokens[0].content"),
    ])
  func stages(member: String, path: String) {
    #expect(error("{\(member), \(Self.model)}")?.path == path)
  }

  @Test(
    "A file cut short or changed anywhere is an error or a tokenizer, never a crash",
    arguments: ["llama2", "o200k"])
  func damage(name: String) throws {
    let whole = try Fixture.bytes("\(name).tokenizer.json")
    var source = SplitMix(state: 5)
    var refusals = 0
    for round in 0..<150 {
      var bytes = whole
      if round % 3 == 0 {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &source))
      } else {
        // The stages come first in the file, and the vocabulary after them.
        let range = round % 3 == 1 ? 0..<3000 : 0..<bytes.count
        for _ in 0..<3 {
          bytes[Int.random(in: range, using: &source)] = UInt8.random(in: 0x20..<0x7F, using: &source)
        }
      }
      do {
        let tokenizer = try Tokenizer(json: bytes)
        _ = tokenizer.decode(tokenizer.encode("some text, \u{1F600} 123 <s>"))
      } catch {
        refusals += 1
      }
    }
    #expect(refusals > 50)
  }

  @Test("Bytes of any kind are an error")
  func noise() {
    var source = SplitMix(state: 6)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0..<200, using: &source)).map { _ in
        UInt8.random(in: 0...255, using: &source)
      }
      #expect(throws: TokenizerError.self) { try Tokenizer(json: bytes) }
      #expect(throws: TokenizerError.self) { try TokenizerConfig(json: bytes) }
    }
  }

  @Test("Any text comes back from a tokenizer that keeps all bytes")
  func roundTrip() throws {
    let tokenizers = try ["gpt2", "smollm", "llama3", "o200k", "deepseek"].map { try Fixture.tokenizer($0) }
    var source = SplitMix(state: 8)
    for _ in 0..<300 {
      let text = source.text()
      for tokenizer in tokenizers where !text.contains("tag") {
        let decoded = tokenizer.decode(tokenizer.encode(text), skipSpecialTokens: false)
        #expect(decoded.utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
      }
    }
  }
}
