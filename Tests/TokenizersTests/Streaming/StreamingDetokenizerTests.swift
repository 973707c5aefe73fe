import Testing

@testable import Tokenizers

@Suite struct StreamingDetokenizerTests {
  @Test("The pieces of a stream join to the decoded text", arguments: TokenizerTests.trained, [true, false])
  func joins(name: String, skipSpecialTokens: Bool) throws {
    let tokenizer = try Fixture.tokenizer(name)
    for entry in try Fixture.expectations(name).cases {
      var stream = tokenizer.makeStream(skipSpecialTokens: skipSpecialTokens)
      var text = ""
      for id in entry.ids { text += stream.append(id) }
      text += stream.finish()
      let expected = tokenizer.decode(entry.ids, skipSpecialTokens: skipSpecialTokens)
      #expect(text.utf8.elementsEqual(expected.utf8), "\(entry.text.debugDescription)")
    }
  }

  @Test("No piece ends inside a character", arguments: ["gpt2", "llama2"])
  func wholeCharacters(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let text = "x \u{1F600}\u{4F60} \u{1F468}\u{200D}\u{1F469} \u{E9}"
    var stream = tokenizer.makeStream()
    let ids = tokenizer.encode(text, addSpecialTokens: false)
    let pieces = ids.map { stream.append($0) }
    #expect(pieces.contains(""), "an emoji takes several tokens here, so that some complete nothing")
    #expect(pieces.allSatisfy { !$0.contains("\u{FFFD}") })
    #expect(pieces.joined() == text)
    #expect(stream.finish() == "")
  }

  @Test("An unfinished character comes out as a replacement when the stream ends, and the next text is clean")
  func unfinished() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    let ids = tokenizer.encode("\u{1F680}", addSpecialTokens: false)
    var stream = tokenizer.makeStream()
    for id in ids.dropLast() { #expect(stream.append(id) == "") }
    #expect(stream.finish() == "\u{FFFD}")
    #expect(ids.map { stream.append($0) }.joined() == "\u{1F680}")
  }

  @Test("Bytes that can start no character do not hold the stream up")
  func invalidBytes() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    func id(_ byte: UInt8) throws -> Int {
      try #require(tokenizer.id(of: String(ByteAlphabet.character(of: byte))))
    }
    let bytes: [UInt8] = [0xFF, 0x41, 0xE0, 0x80, 0x42, 0xF0, 0x9F, 0x43, 0xC0, 0xED, 0xA0, 0x80, 0xF4, 0x90]
    var stream = tokenizer.makeStream()
    var text = try bytes.map { stream.append(try id($0)) }.joined()
    text += stream.finish()
    #expect(text == String(decoding: bytes, as: UTF8.self))
    #expect(stream.append(try id(0xFF)) == "\u{FFFD}")
  }

  @Test("The space before the first word goes, the others stay, and special tokens do not count as words")
  func leadingSpace() throws {
    let tokenizer = try Fixture.tokenizer("llama2")
    let ids = tokenizer.encode("the model  reads")
    #expect(ids.first == tokenizer.id(of: "<s>"))
    var stream = tokenizer.makeStream()
    #expect(ids.map { stream.append($0) }.joined() == "the model  reads")
    var verbose = tokenizer.makeStream(skipSpecialTokens: false)
    #expect(ids.map { verbose.append($0) }.joined() == "<s> the model  reads")
  }

  @Test("Ids without a token add nothing")
  func unknownIDs() throws {
    let tokenizer = try Fixture.tokenizer("gpt2")
    var stream = tokenizer.makeStream()
    #expect(stream.append(-1) == "" && stream.append(1 << 40) == "" && stream.finish() == "")
    #expect(tokenizer.decode([-1, 1 << 40]) == "")
  }
}
